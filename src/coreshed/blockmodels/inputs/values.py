"""Texts of a CSV file as values of the type announced."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from coreshed.blockmodels.engine.data_types import DataType
from coreshed.blockmodels.inputs.tables import Mistakes

_BOOLEANS = pa.array(["false", "0", "true", "1"])
_INTEGERS = frozenset(each for each in DataType if "Int" in each.value)


def converted(texts: Any, data_type: DataType, decimal_char: str, wrong: Callable[[int, str], None]) -> Any:
    """An Array of strings as one of the type; null stays null, and so does what is empty unless it is a text.

    Around other values than texts, spaces and tabs do not count. A Boolean is true, false, 1 or 0 in any case; an
    integer has digits and a sign alone; a number may be nan or inf; a date is `2026-01-31`; a time is as RFC 3339 has
    it, with at most six decimals and with its zone. wrong: is called with place and text of each value that is not.
    """
    if data_type is DataType.UTF8:
        return texts
    texts = pc.ascii_trim(texts, " \t")
    texts = pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts)
    if data_type is DataType.BOOLEAN:
        return _booleans(texts, wrong)
    try:
        return _cast(texts, data_type, decimal_char)
    except pa.ArrowInvalid:
        pass
    texts = pc.replace_substring_regex(texts, r"^\+([0-9.,])", r"\1")  # which Arrow does not know
    return _exactly(texts, 0, data_type, decimal_char, wrong)


def _booleans(texts: Any, wrong: Callable[[int, str], None]) -> Any:
    places = pc.index_in(pc.utf8_lower(texts), value_set=_BOOLEANS)
    for at in np.flatnonzero(_mask(pc.and_(pc.is_null(places), pc.is_valid(texts)))).tolist():
        wrong(at, texts[at].as_py())
    return pc.greater_equal(places, pa.scalar(2, pa.int32()))


def _cast(texts: Any, data_type: DataType, decimal_char: str) -> Any:
    """Raises pa.ArrowInvalid where any value is no such value."""
    if data_type in _INTEGERS:
        if _any(pc.match_substring(texts, "x", ignore_case=True)):
            raise pa.ArrowInvalid("hexadecimal")
        return texts.cast(data_type.arrow)
    if not data_type.floating:
        return texts.cast(data_type.arrow)
    if decimal_char != ".":
        if _any(pc.match_substring(texts, ".")):
            raise pa.ArrowInvalid("a full stop, which might separate thousands")
        texts = pc.replace_substring(texts, decimal_char, ".")
    numbers = texts.cast(pa.float64())
    if data_type is DataType.FLOAT64:
        found = numbers
    else:
        with np.errstate(over="ignore"):
            values = numbers.fill_null(0.0).to_numpy(zero_copy_only=False).astype(data_type.arrow.to_pandas_dtype())
        found = pa.array(values, data_type.arrow, mask=_mask(numbers.is_null()))
    infinite = np.isinf(found.fill_null(_zero(found.type)).to_numpy(zero_copy_only=False))
    if infinite.any() and not pc.all(pc.match_substring(texts.filter(infinite), "inf", ignore_case=True)).as_py():
        raise pa.ArrowInvalid("beyond the greatest number")
    return found


def _exactly(texts: Any, start: int, data_type: DataType, decimal_char: str, wrong: Callable[[int, str], None]) -> Any:
    """Cast halves until every value that cannot be is known."""
    try:
        return _cast(texts, data_type, decimal_char)
    except pa.ArrowInvalid:
        if len(texts) == 1:
            wrong(start, texts[0].as_py())
            return pa.nulls(1, data_type.arrow)
    middle = len(texts) // 2
    first = _exactly(texts.slice(0, middle), start, data_type, decimal_char, wrong)
    second = _exactly(texts.slice(middle), start + middle, data_type, decimal_char, wrong)
    return pa.concat_arrays([first, second])


def _any(flags: Any) -> bool:
    return bool(pc.any(flags).as_py())


def _mask(flags: Any) -> Any:
    return flags.to_numpy(zero_copy_only=False)


def _zero(kind: Any) -> Any:
    return pa.scalar(np.float16(0) if kind == pa.float16() else 0.0, kind)


def noting(mistakes: Mistakes, column: str, data_type: DataType, first: int) -> Callable[[int, str], None]:
    """What to call with values that are none: rows count from `first`."""

    def wrong(at: int, text: str) -> None:
        mistakes.add(first + at, column, text, data_type.value)

    return wrong
