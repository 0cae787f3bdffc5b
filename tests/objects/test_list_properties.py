"""Properties: the list's SQL agrees with the documents, for any document, filter and order."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from coreshed.app import Application
from coreshed.objects import filters, matching
from coreshed.problems import InvalidFilter
from tests.objects.ground import listed, new_workspace, store

NAMES = ["a", "b", "0", "1", "ü", ""]
TEXTS = [
    "", "a", "A", "ab", "ß", "SS", "5", "5.0", "true", "null", "a*b", "a[b]", "a?b", "%", "_", "\\", "\x00", "a\nb",
    "🪨", "\uffff", "x" * 255, "x" * 256, "x" * 257, "x" * 256 + "y", "X" * 300, "İ" * 200, "ȷ\u0301",
]  # fmt: skip
NUMBERS = [0, 1, -1, 5, 5.0, 0.1, -0.0, 1e300, -1e300, 5e-324, 2**53, 2**53 + 1, 2**64, 10**40]
OPERANDS = [
    *(text for text in TEXTS if "\x00" not in text),
    "1",
    "0",
    "-1",
    "1e0",
    "0.1",
    "9007199254740993",
    "1e999",
    "false",
    "x",
    "y*",
    "nan",
    "+5",
    "05",
]
PATTERNS = [
    "*",
    "",
    "a*",
    "*b",
    "*a*",
    "*[b]",
    "a?b",
    "x*",
    "*y",
    "x*y",
    "*" + "x" * 256 + "*",
    "%",
    "_",
    "\\*",
    "ss",
    "İ*",
]
OPS = ["", "eq:", "neq:", "in:", "nin:", "lt:", "lte:", "gt:", "gte:"]
LIKES = ["like:", "ilike:", "nlike:", "nilike:"]

scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text(max_size=3))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
plain = st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3)


def deep(value: Any) -> dict[str, Any]:
    """Nine keys above a value: one more than have rows."""
    for name in "abababab":
        value = {name: value}
    return {"a": value, "b": 5}


def wide(value: Any) -> dict[str, Any]:
    """More scalars before a value than have rows."""
    return {"a": [7] * 2001, "b": value}


stored = st.lists(
    st.one_of(plain, plain, plain, plain, plain, values.map(deep), values.map(wide)), min_size=1, max_size=5
)
fields = (
    st.lists(st.sampled_from([*NAMES, "2", "01"]), min_size=1, max_size=4)
    .map(lambda steps: ".".join(["object", *steps]))
    .filter("object.".__ne__)
)
conditions = st.tuples(st.sampled_from(OPS), st.sampled_from(OPERANDS)).map("".join) | st.tuples(
    st.sampled_from(LIKES), st.sampled_from(PATTERNS)
).map("".join)
lists = st.tuples(st.sampled_from(["in:", "nin:"]), st.lists(st.sampled_from(OPERANDS), max_size=4).map(",".join)).map(
    "".join
)
queries = st.lists(st.tuples(fields, conditions | lists), min_size=1, max_size=3)
modest = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(documents_=stored, asked=st.lists(queries, min_size=4, max_size=8))
@modest
def test_that_filters_find_the_documents_that_match(
    application: Application, documents_: list[dict[str, Any]], asked: list[list[tuple[str, str]]]
) -> None:
    workspace = new_workspace(application)
    # What is stored is what JSON keeps of a value.
    documents_ = [msgspec.json.decode(msgspec.json.encode(each)) for each in documents_]
    made = store(application, workspace, documents_)
    for pairs in asked:
        try:
            groups = filters.parse_groups(pairs, organisation=False)
        except InvalidFilter:
            continue
        wanted = [
            identifier
            for identifier, document in zip(made, documents_, strict=True)
            if all(matching.matches(document, group) for group in groups)
        ]
        assert listed(application, workspace, pairs) == (wanted, len(wanted)), pairs


def sort_key(document: dict[str, Any], field: str, *, descending: bool) -> tuple[Any, ...]:
    """Missing, null, numbers, texts, booleans; of several values the first in order."""
    found = [
        (kind, text if text is not None else amount or 0.0)
        for kind, amount, text in matching.values_at(document, field.split(".")[1:])
    ]
    return (max(found) if descending else min(found)) if found else (0,)


orders = st.lists(st.tuples(st.sampled_from(["asc:", "desc:", ""]), fields), min_size=1, max_size=3)


any_of_them = st.one_of(plain, plain, plain, plain, values.map(deep), values.map(wide))


@given(
    documents_=st.lists(any_of_them, min_size=2, max_size=6),
    asked=st.lists(orders, min_size=3, max_size=6),
    only=queries,
)
@modest
def test_that_orders_sort_the_documents(
    application: Application,
    documents_: list[dict[str, Any]],
    asked: list[list[tuple[str, str]]],
    only: list[tuple[str, str]],
) -> None:
    documents_ = [msgspec.json.decode(msgspec.json.encode(each)) for each in documents_]
    assume(all(field.count(".") < 5 for field, _ in only))
    workspace = new_workspace(application)
    made = store(application, workspace, documents_)
    known = dict(zip(made, documents_, strict=True))
    for fields_ in asked:
        order_by = ",".join(way + field for way, field in fields_)
        for pairs in ([], only, [(fields_[0][1], "gte:0")]):
            groups = filters.parse_groups(pairs, organisation=False)
            wanted = sorted(i for i in made if all(matching.matches(known[i], group) for group in groups))
            for way, field in reversed(fields_):
                down = way == "desc:"
                wanted.sort(key=lambda i: sort_key(known[i], field, descending=down), reverse=down)
            assert listed(application, workspace, pairs, order_by) == (wanted, len(wanted)), order_by
            halves = [listed(application, workspace, pairs, order_by, limit=2, offset=n)[0] for n in (0, 2, 4)]
            assert sum(halves, []) == wanted  # noqa: RUF017
