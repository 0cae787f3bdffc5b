"""The data types of block model columns, and how Parquet and Arrow say them."""

from enum import StrEnum
from typing import Any

import pyarrow as pa


class DataType(StrEnum):
    """The type of a column's values, by its name on the wire. Every column may hold nulls."""

    BOOLEAN = "Boolean"
    INT8 = "Int8"
    INT16 = "Int16"
    INT32 = "Int32"
    INT64 = "Int64"
    UINT8 = "UInt8"
    UINT16 = "UInt16"
    UINT32 = "UInt32"
    UINT64 = "UInt64"
    FLOAT16 = "Float16"
    FLOAT32 = "Float32"
    FLOAT64 = "Float64"
    UTF8 = "Utf8"
    DATE32 = "Date32"
    TIMESTAMP = "Timestamp"

    @property
    def arrow(self) -> Any:
        """The Arrow type: plain `string`, never a dictionary; `Timestamp` is microseconds in UTC."""
        return _ARROW[self]

    @property
    def floating(self) -> bool:
        """Whether NaN is among the values."""
        return self in (DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64)


_ARROW = {
    DataType.BOOLEAN: pa.bool_(),
    DataType.INT8: pa.int8(),
    DataType.INT16: pa.int16(),
    DataType.INT32: pa.int32(),
    DataType.INT64: pa.int64(),
    DataType.UINT8: pa.uint8(),
    DataType.UINT16: pa.uint16(),
    DataType.UINT32: pa.uint32(),
    DataType.UINT64: pa.uint64(),
    DataType.FLOAT16: pa.float16(),
    DataType.FLOAT32: pa.float32(),
    DataType.FLOAT64: pa.float64(),
    DataType.UTF8: pa.string(),
    DataType.DATE32: pa.date32(),
    DataType.TIMESTAMP: pa.timestamp("us", "UTC"),
}
