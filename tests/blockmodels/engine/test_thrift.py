"""The compact protocol: its bytes, and bytes that are none."""

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreshed.blockmodels.engine import thrift
from coreshed.blockmodels.engine.thrift import Limits, MalformedThrift, Struct, read_struct, varint, zigzag


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (16_384, "808001"), ((1 << 64) - 1, "ffffffffffffffffff01")],
)
def test_that_numbers_take_seven_bits_a_byte(number: int, expected: str) -> None:
    assert varint(number).hex() == expected


def test_that_a_negative_varint_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 is not an unsigned number"):
        varint(-1)


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (-(1 << 63), "ffffffffffffffffff01")]
)
def test_that_signs_go_into_the_lowest_bit(number: int, expected: str) -> None:
    assert zigzag(number).hex() == expected


def test_that_a_struct_has_the_bytes_of_the_specification() -> None:
    inner = Struct().i8(1, -2).boolean(2, True).boolean(3, False).encode()
    content = (
        Struct()
        .i32(1, 5)
        .i64(2, None)
        .i64(3, -1)
        .binary(4, b"ab")
        .struct(5, inner)
        .sequence(6, thrift.I32, [zigzag(n) for n in (1, 2)])
        .i32(22, 1)
        .encode()
    )

    assert content.hex() == "150a2601180261621c13fe11120019250204052c0200"


def test_that_a_list_of_fifteen_states_its_length_apart() -> None:
    assert thrift.sequence(thrift.STRUCT, [b"\0"] * 14).hex() == "ec" + "00" * 14
    assert thrift.sequence(thrift.STRUCT, [b"\0"] * 15).hex() == "fc0f" + "00" * 15


def test_that_fields_come_in_ascending_order() -> None:
    with pytest.raises(ValueError, match="field 2 comes after field 2"):
        Struct().i32(2, 1).i32(2, 1)


def test_that_all_types_are_read() -> None:
    numbers = "11 12 13fe 1403 1501 1602 17000000000000f83f"
    content = bytes.fromhex(f"{numbers} 1802c3a9 19250204 1a1102 1b0185016101 1c150a00 00")

    value, length = read_struct(content + b"rest")

    assert length == len(content)
    assert (
        value
        == {
            1: True,
            2: False,
            3: -2,
            4: -2,
            5: -1,
            6: 1,
            7: 1.5,
            8: "é".encode(),
            9: [1, 2],
            10: [False],
            11: [(b"a", -1)],
            12: {1: 5},
        }
        or value
    )


STRUCTS = st.deferred(lambda: st.dictionaries(st.integers(1, 40), VALUES, max_size=5))
NUMBERS = st.integers(-(1 << 63), (1 << 63) - 1)
VALUES: Any = st.booleans() | NUMBERS | st.binary(max_size=300) | st.lists(NUMBERS, max_size=40) | STRUCTS


def written(fields: dict[int, Any]) -> bytes:
    made = Struct()
    for number, value in sorted(fields.items()):
        match value:
            case bool():
                made.boolean(number, value)
            case int():
                made.i64(number, value)
            case bytes():
                made.binary(number, value)
            case list():
                made.sequence(number, thrift.I64, map(zigzag, value))
            case dict():
                made.struct(number, written(value))
    return made.encode()


@given(STRUCTS)
def test_that_what_was_written_is_read(fields: dict[int, Any]) -> None:
    content = written(fields)

    assert read_struct(content, Limits(depth=1000)) == (fields, len(content))


@given(STRUCTS, st.data())
def test_that_a_struct_that_is_cut_off_is_refused(fields: dict[int, Any], data: st.DataObject) -> None:
    content = written(fields)
    length = data.draw(st.integers(0, len(content) - 1))

    with pytest.raises(MalformedThrift):
        read_struct(content[:length])


@given(st.binary(max_size=200))
def test_that_random_bytes_are_a_struct_or_refused(content: bytes) -> None:
    try:
        value, length = read_struct(content)
    except MalformedThrift:
        return
    assert isinstance(value, dict)
    assert length <= len(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1c" * 100_000, "more than 16 structs"),
        (b"\x19" * 100_000, "more than 16 structs"),
        (b"\x1b\x01\xbb" + b"\x01\xbb" * 100_000, "more than 16 structs"),
        (b"\x18" + varint(1 << 60), "string of 1152921504606846976 bytes is longer"),
        (b"\x18\x05abcd", "5 bytes are announced and fewer are left"),
        (b"\x19\xf5" + varint(1 << 60) + b"\0" * 50, "elements are announced and fewer bytes are left"),
        (b"\x19\xfc" + varint(3_000_000) + b"\0" * 3_000_000, "more than 2000000 values"),
        (b"\x1b" + varint(1 << 40) + b"\x55" + b"\0" * 50, "elements are announced and fewer bytes are left"),
        (b"\x16" + b"\xff" * 20, "more than 64 bits"),
        (b"\x16" + b"\xff" * 9 + b"\x02", "more than 64 bits"),
        (b"\x15" + zigzag(1 << 31), "more than 32 bits"),
        (b"\x14" + zigzag(1 << 15), "more than 16 bits"),
        (b"\x05" + zigzag(1 << 15), "more than 16 bits"),
        (b"\x1d\0\0", "13 is no type"),
        (b"\x10\0\0", "0 is no type"),
        (b"\x17\0\0", "8 bytes are announced"),
        (b"", "does not end"),
    ],
)
def test_that_hostile_bytes_are_refused_before_memory_is_taken(content: bytes, reason: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(MalformedThrift, match=reason):
            read_struct(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200_000


def test_that_limits_are_those_that_are_given() -> None:
    content = Struct().sequence(1, thrift.I64, [zigzag(7)] * 20).binary(2, b"abc").encode()

    assert read_struct(content, Limits(depth=2, values=22, text=3))[0] == {1: [7] * 20, 2: b"abc"}
    for tight in (Limits(depth=1), Limits(values=21), Limits(text=2)):
        with pytest.raises(MalformedThrift):
            read_struct(content, tight)
