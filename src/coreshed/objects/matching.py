"""`object.*` filters evaluated on one opened document.

Lists do this only for documents whose values have no complete rows in `object_properties`; the SQL in `queries.py`
gives the same answers from the rows, and a property test holds the two together.
"""

from collections.abc import Iterator
from typing import Any

from coreshed.objects.documents import BOOLEAN, NULL, NUMBER, TEXT, scalar
from coreshed.objects.filters import Condition, Group, Op, like, number

# Digits of a position; no array is longer, and Python refuses to read numbers of thousands of digits.
_LONGEST_POSITION = 18


def matches(document: dict[str, Any], group: Group) -> bool:
    """Whether a document satisfies one `object.<path>` group."""
    values = list(values_at(document, group.field.split(".")[1:]))
    results = (_holds(values, condition) for condition in group.conditions)
    return any(results) if group.any_of else all(results)


def values_at(value: Any, steps: list[str], *, nested: bool = False) -> Iterator[tuple[int, float | None, str | None]]:
    """Kind, number and text of every scalar that a path names.

    A step is a dict key, or the position in an array; an array on the way without a position stands for each of its
    elements. A final array stands for its elements as well. `nested`: the value is an element of an array that was
    passed without a position; positions then count in the outer array alone.
    """
    if isinstance(value, list):
        for element in value:
            yield from values_at(element, steps, nested=isinstance(element, list))
        if not nested and steps and is_position(steps[0]) and int(steps[0]) < len(value):
            yield from values_at(value[int(steps[0])], steps[1:])
    elif not steps:
        found = None if isinstance(value, dict) else scalar(value)
        if found is not None:
            yield found
    elif isinstance(value, dict) and steps[0] in value:
        yield from values_at(value[steps[0]], steps[1:])


def is_position(step: str) -> bool:
    """Whether a path step can be a position in an array: a decimal number without leading zeros."""
    return step.isascii() and step.isdigit() and (step == "0" or step[0] != "0") and len(step) <= _LONGEST_POSITION


def _holds(values: list[tuple[int, float | None, str | None]], condition: Condition) -> bool:
    positive = condition.positive
    return any(_one(value, positive) for value in values) != condition.negated


def _one(value: tuple[int, float | None, str | None], condition: Condition) -> bool:
    kind, amount, text = value
    if condition.op in {Op.EQ, Op.IN}:
        return any(_equal(kind, amount, text, operand) for operand in condition.operands)
    if condition.op in {Op.LIKE, Op.ILIKE}:
        return text is not None and like(text, condition.operand, fold=condition.op is Op.ILIKE)
    bound = number(condition.operand)
    if bound is not None:
        return kind == NUMBER and amount is not None and _ordered(amount, bound, condition.op)
    return kind == TEXT and text is not None and _ordered(text, condition.operand, condition.op)


def _equal(kind: int, amount: float | None, text: str | None, operand: str) -> bool:
    if kind == TEXT:
        return text == operand
    if kind == NUMBER:
        return amount == number(operand)
    return operand == ("null" if kind == NULL else str(bool(amount)).lower()) and kind in {NULL, BOOLEAN}


def _ordered(left: Any, right: Any, op: Op) -> bool:
    if op is Op.LT:
        return bool(left < right)
    if op is Op.LTE:
        return bool(left <= right)
    return bool(left > right if op is Op.GT else left >= right)
