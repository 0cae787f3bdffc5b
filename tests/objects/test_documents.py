"""Documents: decoding, inflating, and the scalars that filters use."""

import gzip
import zlib
from typing import Any

import pytest

from coreshed.objects import documents
from coreshed.objects.documents import BOOLEAN, NULL, NUMBER, TEXT, Property
from coreshed.problems import Invalid, TooLarge


@pytest.mark.parametrize(
    "text",
    [
        b"", b" ", b"null", b"[]", b"1", b'"a"', b"true", b"{", b"{}x", b"{'a': 1}", b'{"a": 1,}', b'{"a": NaN}',
        b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": -1e999}', b'{"a": [1e400]}', b'{"a": nan}',
        b'{"a": 1, "a": 2}', b'{"x": [{"a": 1, "\\u0061": 2}]}', b'{"a": "\\ud800"}', b'{"\\udfff": 1}',
        b'{"a": "\xed\xa0\x80"}', b'{"a": "\xff"}', b"\xef\xbb\xbf{}", b'{"a": 01}', b'{"a": +1}', b'{"a": 1.}',
        b'{"a": "\n"}', b'{"a": ' + b"9" * 10000 + b"}", b"[" * 100000,
    ],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_that_anything_but_one_object_of_finite_numbers_and_unique_keys_is_invalid(text: bytes) -> None:
    with pytest.raises(ValueError):
        documents.decode(text)


def nested(depth: int, *, lists: bool) -> bytes:
    if lists:
        return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize("lists", [False, True])
def test_that_two_hundred_levels_are_enough(*, lists: bool) -> None:
    document = documents.decode(nested(200, lists=lists))
    assert documents.unpack(documents.pack(document)) == nested(200, lists=lists)
    with pytest.raises(Invalid):
        documents.decode(nested(201, lists=lists))


def test_that_large_and_negative_numbers_survive_storage() -> None:
    for text in (b"18446744073709551616", b"-0.0", b"123456789012345678901234567890", b"1e-320", b"5e-324"):
        value = documents.decode(b'{"a":' + text + b"}")
        assert documents.decode(documents.unpack(documents.pack(value))) == value


def test_that_gzip_is_inflated_within_limits() -> None:
    plain = b'{"a": 1}' + b" " * 2000
    assert documents.inflate(gzip.compress(plain, mtime=0), "gzip", 4096) == plain
    assert documents.inflate(gzip.compress(plain, mtime=0), "GZIP", 4096) == plain
    for encoding in (None, "", "identity", "IDENTITY"):
        assert documents.inflate(plain, encoding, 4096) == plain
    with pytest.raises(TooLarge):
        documents.inflate(plain, None, len(plain) - 1)
    with pytest.raises(TooLarge):
        documents.inflate(gzip.compress(plain, mtime=0), "gzip", len(plain) - 1)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"{}" * 500, mtime=0)[:-1], "gzip"),
        (gzip.compress(b"{}" * 500, mtime=0)[:12], "gzip"),
        (b"", "gzip"),
        (b"{}", "gzip"),
        (zlib.compress(b"{}"), "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-8] + b"\0" * 8, "gzip"),
        (b"{}", "br"),
        (b"{}", "gzip, gzip"),
        (b"{}", "\xe9"),
    ],
)
def test_that_a_broken_encoding_is_invalid(body: bytes, encoding: str) -> None:
    with pytest.raises(Invalid):
        documents.inflate(body, encoding, 4096)


def test_that_a_bomb_is_stopped_early() -> None:
    bomb = gzip.compress(b" " * 50_000_000, mtime=0)
    with pytest.raises(TooLarge):
        documents.inflate(bomb, "gzip", 256 * 2**20)


def test_that_every_scalar_is_a_property() -> None:
    document = {"a": 1, "b": {"c": "x", "d": None}, "e": [True, [2.5, {"f": False}]], "g": [], "h": {}}
    found, complete = documents.properties(document)
    assert complete
    assert found == [
        Property("a", "", NUMBER, 1.0),
        Property("b.c", "", TEXT, None, "x"),
        Property("b.d", "", NULL),
        Property("e", ";1:0;", BOOLEAN, 1.0),
        Property("e", ";1:1.0;", NUMBER, 2.5),
        Property("e.f", ";1:1.1;", BOOLEAN, 0.0),
    ]


@pytest.mark.parametrize(
    ("document", "count", "complete"),
    [
        ({"a": list(range(2000))}, 2000, True),
        ({"a": list(range(2001))}, 2000, False),
        ({"a": "\x00"}, 0, False),
        ({"a": 10**400}, 0, False),
        ({"a.b": 1, "c\x00": 2}, 0, True),
        ({"": {"": 1}}, 1, True),
        ({"a" * 512: 1}, 1, True),
        ({"a" * 513: 1, "b": 1}, 1, False),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}, 1, True),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}, 0, False),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {}}}}}}}}}, 0, True),
    ],
    ids=lambda value: str(value)[:30],
)
def test_that_what_has_no_row_is_flagged(document: Any, count: int, *, complete: bool) -> None:
    found, whole = documents.properties(document)
    assert (len(found), whole) == (count, complete)


def test_that_long_texts_are_cut() -> None:
    found, complete = documents.properties({"a": "x" * 256, "b": "y" * 257})
    assert complete
    assert [(item.text, item.cut) for item in found] == [("x" * 256, False), ("y" * 256, True)]


def test_that_a_huge_array_is_not_copied() -> None:
    """The first two thousand scalars decide; the rest is not looked at."""
    import tracemalloc

    document = {"a": [0] * 2_000_000}
    tracemalloc.start()
    try:
        found, complete = documents.properties(document)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (len(found), complete) == (2000, False)
    assert peak < 5_000_000


def test_that_a_body_of_several_gzip_members_is_read_to_its_end() -> None:
    text = b'{"schema": "/objects/x"}'
    both = gzip.compress(text[:9]) + gzip.compress(text[9:])
    assert documents.inflate(both, "gzip", 1000) == text
    for left_over in (b"garbage", gzip.compress(b"more")[:-3]):
        with pytest.raises(Invalid):
            documents.inflate(both + left_over, "gzip", 1000)
    with pytest.raises(TooLarge):
        documents.inflate(both, "gzip", len(text) - 1)
