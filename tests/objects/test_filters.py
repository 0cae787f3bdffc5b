"""The grammar of filters and orders, without a database."""

import time

import pytest

from coreshed.objects import filters
from coreshed.objects.filters import Condition, Group, Op, Order, like, number
from coreshed.problems import Invalid, InvalidFilter, InvalidOrder


def groups(*pairs: tuple[str, str]) -> tuple[Group, ...]:
    return filters.parse_groups(pairs, organisation=False)


def test_that_a_value_without_an_operator_is_an_equality_a_prefix_or_an_intersection() -> None:
    box = "(0,0),(1,0),(1,1),(0,1),(0,0)"
    found = groups(("schema_id", "x"), ("object_name", "x"), ("geojson_bounding_box", box), ("object.a", "x:y"))
    assert [group.conditions for group in found] == [
        (Condition(Op.EQ, ("x",)),),
        (Condition(Op.PREFIX, ("x",)),),
        (Condition(Op.GEOINTERSECTS, (box,)),),
        (Condition(Op.EQ, ("x:y",)),),
    ]


@pytest.mark.parametrize("op", ["eq", "neq", "like", "ilike", "nlike", "nilike", "lt", "lte", "gt", "gte"])
def test_that_only_the_first_colon_belongs_to_the_operator(op: str) -> None:
    [group] = groups(("object.a", f"{op}:b:c"))
    assert group.conditions == (Condition(Op(op), ("b:c",)),)


@pytest.mark.parametrize("value", ["prefix:x", "EQ:x", "equals:x", ":x", " eq:x", "exact:x"])
def test_that_other_words_before_a_colon_belong_to_the_operand(value: str) -> None:
    [group] = groups(("object.a", value))
    assert group.conditions == (Condition(Op.EQ, (value,)),)


def test_that_lists_are_split_at_commas() -> None:
    [group] = groups(("object.a", "in:a,,b "))
    assert group.conditions[0].operands == ("a", "", "b ")
    [group] = groups(("object.a", "eq:a,b"))
    assert group.conditions[0].operands == ("a,b",)


def test_that_repeated_positive_matches_are_alternatives_and_all_else_is_a_conjunction() -> None:
    assert groups(("object.a", "1"), ("object.a", "like:x"))[0].any_of
    assert not groups(("object.a", "1"))[0].any_of
    assert not groups(("object.a", "1"), ("object.a", "neq:2"))[0].any_of
    assert not groups(("object.a", "gt:1"), ("object.a", "lt:2"))[0].any_of


def test_that_author_is_created_by_in_a_workspace_alone() -> None:
    pairs = [("author", "X"), ("created_by", "Y")]
    assert groups(*pairs)[0].field == "created_by"
    assert len(groups(*pairs)[0].conditions) == 2
    assert len(filters.parse_groups(pairs, organisation=True)[0].conditions) == 1


def test_that_user_ids_are_compared_in_lower_case() -> None:
    upper = "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA"
    assert groups(("created_by", upper))[0].conditions[0].operands == (upper.lower(),)


@pytest.mark.parametrize(
    "pairs",
    [
        [("object.a", "1")] * 101,
        [("object.a", "in:" + "x," * 1000)],
        [("object.a", "in:" + "x," * 600), ("object.b", "nin:" + "x," * 600)],
        [("object.a", "like:" + "*" * 17)],
        [("object.a", "ilike:" + "x" * 4097)],
        [("object.a", "x\x00")],
        [("object.a\x00", "x")],
        [("object.a.1.2.3.4.5", "x")],
        [("object_name", "like:\x00")],
        [("schema_id", "geowithin:x")],
        [("created_by", "lt:x")],
    ],
    ids=lambda pairs: str(pairs[0])[:40],
)
def test_that_what_cannot_be_asked_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidFilter):
        groups(*pairs)


def test_that_an_empty_object_name_is_invalid() -> None:
    with pytest.raises(Invalid):
        groups(("object_name", ""))


def test_that_orders_are_read_from_left_to_right() -> None:
    assert filters.parse_orders(["created_at,desc:object.a.b", "", "asc:author"], organisation=False) == (
        Order("created_at", descending=False),
        Order("object.a.b", descending=True),
        Order("created_by", descending=False),
    )


@pytest.mark.parametrize("text", ["object.a" + ".1" * 30, "object.\x00", "desc:", "x", "created_at, object_name"])
def test_that_what_cannot_be_ordered_is_refused(text: str) -> None:
    with pytest.raises(InvalidOrder):
        filters.parse_orders([text], organisation=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("+1.50", 1.5), ("-.5", -0.5), ("1.", 1), ("1e3", 1000), ("1E-2", 0.01), ("0005", 5)]
    + [("1e400", float("inf")), ("-1e400", float("-inf"))]
    + [(word, None) for word in ("", " 1", "1 ", "1_0", "0x1", "nan", "inf", "Infinity", "--1", "1e", ".", "e1", "²")],
)  # fmt: skip
def test_that_numbers_are_plain_decimals(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "pattern", "holds"),
    [
        ("", "", True), ("", "*", True), ("", "**", True), ("a", "", False), ("abc", "abc", True), ("abc", "ab", False),
        ("abc", "a*", True), ("abc", "*c", True), ("abc", "*b*", True), ("abc", "a*c", True), ("ab", "ab*b", False),
        ("aba", "ab*ba", False), ("abba", "ab*ba", True), ("abcbd", "a*b*d", True), ("abcd", "a*c*b*d", False),
        ("a\nb", "a*b", True), ("a.b", "a?b", False), ("axb", "a.b", False), ("a[b]", "*[b]", True),
        ("ABC", "a*", False),
        ("aXbXc", "a*X*X*c", True), ("aXc", "a*X*X*c", False), ("mississippi", "m*iss*ip*i", True),
    ],
)  # fmt: skip
def test_that_patterns_are_anchored_at_both_ends(text: str, pattern: str, *, holds: bool) -> None:
    assert like(text, pattern, fold=False) is holds


def test_that_folding_goes_beyond_ascii() -> None:
    assert like("STRASSE", "straße*", fold=True)
    assert like("Ärger", "ÄR*", fold=True)
    assert not like("Ärger", "ÄR*", fold=False)


def test_that_a_pattern_of_many_wildcards_takes_one_pass() -> None:
    started = time.perf_counter()
    assert not like("a" * 100_000, "*a" * 15 + "*b", fold=False)
    assert not like("a" * 100_000 + "c", "*a" * 15 + "*b*", fold=False)
    assert time.perf_counter() - started < 1
