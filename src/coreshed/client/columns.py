"""What a column of a data frame is stored as: exactly what it holds, or not at all. Imports pandas when called."""

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from coreshed.client.errors import Invalid

if TYPE_CHECKING:
    import pandas as pd

# Up to here every whole number is a float64 of its own.
_EXACT = 2**53
_LARGEST = 2**63 - 1


class Column(NamedTuple):
    """attribute: its type in the schema; data: the type of its values there. values: of that type, for texts as is."""

    attribute: str
    data: str
    values: "pd.Series[Any]"


def column(name: str, values: "pd.Series[Any]") -> Column:
    """How an attribute is stored. Raises Invalid, which names the column, where something would be lost."""
    from pandas.api import types

    dtype = values.dtype
    if types.is_bool_dtype(dtype) and not isinstance(dtype, _categorical()):
        return Column("bool", "bool", _made(_whole(name, values).to_numpy("bool")))
    if types.is_datetime64_any_dtype(dtype):
        return Column("date_time", "timestamp", _times(name, values))
    if types.is_numeric_dtype(dtype):
        return _numbers(name, values)
    return Column("category", "string", _texts(name, values))


def coordinate(axis: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    """The column as float64. Raises Invalid where a value is missing, infinite, or no such number."""
    import numpy as np
    from pandas.api import types

    if types.is_bool_dtype(values.dtype) or not types.is_numeric_dtype(values.dtype):
        _refuse(axis, f"holds {values.dtype}: coordinates are numbers")
    found = _floats(axis, _whole(axis, values))
    if not np.isfinite(found).all():
        _refuse(axis, "has a value that is not finite")
    return found


def _numbers(name: str, values: "pd.Series[Any]") -> Column:
    from pandas.api import types

    if not types.is_integer_dtype(values.dtype) or values.isna().any():
        return Column("scalar", "float64", _floats(name, values))
    if int(values.max()) > _LARGEST:
        _refuse(name, f"has a whole number above {_LARGEST}, the largest that can be stored")
    return Column("integer", "int64", _made(values.to_numpy("int64")))


def _floats(name: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    from pandas.api import types

    if types.is_integer_dtype(values.dtype):
        known = values.dropna()
        if len(known) and max(int(known.max()), -int(known.min())) > _EXACT:
            _refuse(name, f"has whole numbers beyond {_EXACT}, which are not exact as scalars")
    elif not types.is_float_dtype(values.dtype) or getattr(values.dtype, "itemsize", 8) > 8:
        _refuse(name, f"holds {values.dtype}, which numbers of 64 bits do not hold exactly: convert it")
    return _made(values.to_numpy("float64", na_value=float("nan")))


def _times(name: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    import numpy as np
    import pandas as pd

    if not isinstance(values.dtype, (np.dtype, pd.DatetimeTZDtype)):
        _refuse(name, f"holds {values.dtype}: convert it to datetime64")
    values = _whole(name, values)
    if (values.dt.nanosecond != 0).any():
        _refuse(name, "has times of nanoseconds, and microseconds are stored: round it")
    times = values.dt.tz_localize("UTC") if values.dt.tz is None else values.dt.tz_convert("UTC")
    try:
        return times.astype("datetime64[us, UTC]")
    except (ValueError, OverflowError):
        _refuse(name, "has a time that microseconds since 1970 do not hold")


def _texts(name: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    for value in values.cat.categories if isinstance(values.dtype, _categorical()) else values.dropna():
        if not isinstance(value, str):
            _refuse(name, f"holds {type(value).__name__}, which is not a text, a number or a time: convert it")
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse(name, "has a text that is not valid Unicode")
    return values


def _whole(name: str, values: "pd.Series[Any]") -> "pd.Series[Any]":
    if values.isna().any():
        _refuse(name, "has a missing value")
    return values


def _categorical() -> Any:
    import pandas as pd

    return pd.CategoricalDtype


def _made(values: Any) -> "pd.Series[Any]":
    import pandas as pd

    return pd.Series(values)


def _refuse(name: str, reason: str) -> NoReturn:
    raise Invalid(f"Column {name!r} {reason}.")
