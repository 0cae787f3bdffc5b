"""POST, GET and list of colormaps: what is answered, and what is refused where."""

import asyncio
import re
from typing import Any

import pytest

from tests.colormaps.conftest import CATEGORY, CONTINUOUS, DISCRETE, KINDS, UNKNOWN_ID, Studio, kind, refused
from tests.objects.conftest import ORIGIN

ABSENT = object()
GREY = [7, 7, 7]
SHARED = {"id", "name", "schema", "colors", "self_link", "created_at", "created_by", "modified_at", "modified_by"}


def changed(body: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The body with other members; ABSENT takes one away."""
    return {name: value for name, value in (body | members).items() if value is not ABSENT}


WITHIN_BOUNDS: list[dict[str, Any]] = [
    changed(CONTINUOUS, colors=[GREY] * 2),
    changed(CONTINUOUS, colors=[GREY] * 1024),
    changed(CONTINUOUS, gradient_controls=[1, 0, 0.5], map=[], end_points=[]),
    changed(DISCRETE, colors=[GREY], end_points=[], end_inclusive=[]),
    changed(DISCRETE, colors=[GREY] * 1024, end_points=[0.5] * 1023, end_inclusive=[True] * 1023),
    changed(CATEGORY, colors=[GREY], map=["a"]),
    changed(CATEGORY, colors=[GREY] * 16384, map=["x"] * 16384),
    changed(CATEGORY, map=["x" * 1024, "\U0001f600", "a/b"]),
    changed(CATEGORY, name=""),
    changed(CATEGORY, name="ü" * 1024),
]
MISTAKES: list[tuple[Any, list[Any]]] = [
    (changed(CONTINUOUS, colors=[GREY]), ["colors"]),
    (changed(CONTINUOUS, colors=[GREY] * 1025), ["colors"]),
    (changed(DISCRETE, colors=[]), ["colors"]),
    (changed(DISCRETE, colors=[GREY] * 1025, end_points=[0.5] * 1024), ["colors"]),
    (changed(CATEGORY, colors=[], map=[]), ["colors"]),
    (changed(CATEGORY, colors=[GREY] * 16385, map=["x"] * 16385), ["colors"]),
    (changed(CATEGORY, colors=ABSENT), ["colors"]),
    (changed(CATEGORY, colors=None), ["colors"]),
    (changed(CATEGORY, colors={}), ["colors"]),
    (changed(CATEGORY, colors=[GREY, [1.0, 2, 3], GREY]), ["colors", 1, 0]),
    (changed(CATEGORY, colors=[GREY, GREY, [1, 2, 2.5]]), ["colors", 2, 2]),
    (changed(CATEGORY, colors=[GREY, GREY, [1, 2, 256]]), ["colors", 2, 2]),
    (changed(CATEGORY, colors=[GREY, GREY, [1, -1, 2]]), ["colors", 2, 1]),
    (changed(CATEGORY, colors=[GREY, GREY, [True, 1, 2]]), ["colors", 2, 0]),
    (changed(CATEGORY, colors=[GREY, GREY, ["1", 1, 2]]), ["colors", 2, 0]),
    (changed(CATEGORY, colors=[GREY, GREY, [1, 2]]), ["colors", 2]),
    (changed(CATEGORY, colors=[GREY, GREY, [1, 2, 3, 4]]), ["colors", 2]),
    (changed(CATEGORY, colors=[GREY, GREY, None]), ["colors", 2]),
    (changed(CATEGORY, name=ABSENT), ["name"]),
    (changed(CATEGORY, name=None), ["name"]),
    (changed(CATEGORY, name=1), ["name"]),
    (changed(CATEGORY, name="a\0b"), ["name"]),
    (changed(CATEGORY, name="n" * 1025), ["name"]),
    (changed(CATEGORY, dtype="rainbow"), ["dtype"]),
    (changed(CATEGORY, dtype=None), ["dtype"]),
    (changed(CATEGORY, dtype=ABSENT, map=ABSENT), ["dtype"]),
    (changed(CATEGORY, dtype=ABSENT, end_points=[1, 2], end_inclusive=[True, True]), ["dtype"]),
    (changed(CONTINUOUS, attribute_controls=ABSENT), ["attribute_controls"]),
    (changed(CONTINUOUS, gradient_controls=ABSENT), ["gradient_controls"]),
    (changed(CONTINUOUS, attribute_controls=[1.0]), ["attribute_controls"]),
    (changed(CONTINUOUS, gradient_controls=[]), ["gradient_controls"]),
    (changed(CONTINUOUS, attribute_controls=["1", 2]), ["attribute_controls", 0]),
    (changed(CONTINUOUS, attribute_controls=[1, None]), ["attribute_controls", 1]),
    (changed(CONTINUOUS, attribute_controls=[1, 10**400]), ["attribute_controls", 1]),
    (changed(CONTINUOUS, gradient_controls=[0, 1.0000001]), ["gradient_controls", 1]),
    (changed(CONTINUOUS, gradient_controls=[-0.1, 1]), ["gradient_controls", 0]),
    (changed(DISCRETE, end_points=ABSENT), ["end_points"]),
    (changed(DISCRETE, end_points=[1]), ["end_points"]),
    (changed(DISCRETE, end_points=[1, 2, 3]), ["end_points"]),
    (changed(DISCRETE, end_inclusive=ABSENT), ["end_inclusive"]),
    (changed(DISCRETE, end_inclusive=[True]), ["end_inclusive"]),
    (changed(DISCRETE, end_inclusive=[True, True, True]), ["end_inclusive"]),
    (changed(DISCRETE, end_inclusive=[True, 1]), ["end_inclusive", 1]),
    (changed(CATEGORY, map=ABSENT), ["map"]),
    (changed(CATEGORY, map=["a", "b"]), ["map"]),
    (changed(CATEGORY, map=["a", "b", "c", "d"]), ["map"]),
    (changed(CATEGORY, map=["a", "b", 3]), ["map", 2]),
    (changed(CATEGORY, map=["a", "b\0", "c"]), ["map", 1]),
    (changed(CATEGORY, map=["a", "b", "c" * 1025]), ["map", 2]),
    (changed(CATEGORY, map={"a": 1}), ["map"]),
    ([], []),
    (None, []),
    ("text", []),
    (b"", []),
    (b"{", []),
    (b"\xff", []),
    (b'{"name": "\xff"}', []),
    (b'{"name": "\\ud800"}', []),
    (b'{"name": NaN}', []),
    (b'{"x": ' + b"[" * 100_000, []),
]


async def test_that_an_answer_has_the_members_of_its_kind_alone(studio: Studio) -> None:
    """46"""
    for body in KINDS:
        made = await studio.create(body)
        sent = {name: value for name, value in body.items() if name != "dtype"}
        assert {name: made[name] for name in sent} == sent
        assert made["schema"] == body["dtype"]
        assert set(made) == SHARED | set(sent)
        assert made["self_link"] == f"{ORIGIN}{studio.root}/colormaps/{made['id']}"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["created_at"])
        assert made["modified_at"] == made["created_at"]
        assert made["modified_by"] == made["created_by"]
        got = await studio.get(f"/colormaps/{made['id'].upper()}")
        assert (got.status_code, got.json()) == (200, made)


async def test_that_names_may_repeat_and_the_list_has_all_oldest_first(studio: Studio) -> None:
    """47"""
    assert (await studio.get("/colormaps")).json() == {"colormaps": []}
    made = [await studio.create(body | {"name": "Copper"}) for body in (*KINDS, CONTINUOUS)]
    assert len({each["id"] for each in made}) == 4
    listed = await studio.get("/colormaps")
    assert (listed.status_code, listed.json()) == (200, {"colormaps": made})


async def test_that_colormaps_made_at_once_are_all_kept(studio: Studio) -> None:
    made = await asyncio.gather(*(studio.create(KINDS[n % 3]) for n in range(24)))
    listed = (await studio.get("/colormaps")).json()["colormaps"]
    assert sorted(each["id"] for each in listed) == sorted({each["id"] for each in made})
    assert {each["id"]: each for each in listed} == {each["id"]: each for each in made}


async def test_that_numbers_keep_every_digit_and_whole_ones_become_floats(studio: Studio) -> None:
    body = (
        b'{"dtype": "continuous", "name": "n", "colors": [[0, 0, 0], [255, 255, 255]], "more": {"a": [1]},'
        b' "attribute_controls": [5e-324, 1.7976931348623157e308, 0.30000000000000004, -0.0, 9007199254740993],'
        b' "gradient_controls": [0, 1]}'
    )
    made = await studio.post("/colormaps", body)
    assert made.status_code == 201, made.text
    assert b"[5e-324,1.7976931348623157e308,0.30000000000000004,-0.0,9007199254740992.0]" in made.content
    assert b"[0.0,1.0]" in made.content
    assert (await studio.get(f"/colormaps/{made.json()['id']}")).content == made.content


async def test_that_what_is_within_bounds_is_kept(studio: Studio) -> None:
    for body in WITHIN_BOUNDS:
        made = await studio.create(body)
        assert made["colors"] == body["colors"]
        assert (await studio.get(f"/colormaps/{made['id']}")).json() == made


async def test_that_a_mistake_is_refused_where_it_is(studio: Studio) -> None:
    for body, where in MISTAKES:
        answer = await studio.post("/colormaps", body)
        assert refused(answer) == ["body", *where], body
        assert "\\x00" not in answer.text
    assert (await studio.get("/colormaps")).json() == {"colormaps": []}


async def test_that_numbers_beyond_a_double_are_refused(studio: Studio) -> None:
    for number in (b"1e999", b"-1e999", b"NaN", b"Infinity"):
        body = b'{"name": "n", "colors": [[0,0,0],[0,0,0]], "gradient_controls": [0, 1], "attribute_controls": [1, %s]}'
        assert refused(await studio.post("/colormaps", body % number))[0] == "body"


async def test_that_a_body_beyond_the_limit_is_too_large(studio: Studio) -> None:
    answer = await studio.post("/colormaps", b'{"name": "' + b"n" * (2 << 20) + b'"}')
    assert kind(answer) == (413, "colormap/too-large")


async def test_that_an_id_in_the_path_is_a_uuid(studio: Studio) -> None:
    assert refused(await studio.get("/colormaps/abc")) == ["path", "colormap_id"]
    assert refused(await studio.get("/colormaps/a%00b")) == ["path", "colormap_id"]
    viewer = studio.lab.clients["viewer"]
    for name, value in {"org_id": studio.lab.organisation_id, "workspace_id": studio.lab.workspace_id}.items():
        answer = await viewer.get(f"{studio.root.replace(value, 'abc')}/colormaps")
        assert refused(answer) == ["path", name]


async def test_that_what_is_not_there_is_not_found(studio: Studio) -> None:
    assert kind(await studio.get(f"/colormaps/{UNKNOWN_ID}")) == (404, "colormap/not-found")
    assert kind(await studio.get("/palettes")) == (404, "colormap/unknown-route")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_that_a_colormap_is_neither_changed_nor_deleted(studio: Studio, method: str) -> None:
    made = await studio.create()
    answer = await studio.lab.editor.request(method, f"{studio.root}/colormaps/{made['id']}", json=CATEGORY)
    assert kind(answer) == (405, "colormap/method-not-allowed")
    assert (await studio.get(f"/colormaps/{made['id']}")).json() == made


async def test_that_health_refuses_a_flag_that_is_none(studio: Studio) -> None:
    answer = await studio.lab.clients["nobody"].get("/visualization/health_check?strict=maybe")
    assert refused(answer) == ["query", "strict"]
