"""Lists: filters, order, pages."""

from typing import Any

import pytest

from tests.files.conftest import Shelf, refusal

INVALID = (422, "validation", "Validation Error.")


async def test_that_files_are_listed_by_path_and_in_pages(shelf: Shelf) -> None:
    for path in ("b.csv", "A/z.csv", "a/B.csv"):
        await shelf.put(path)
    first = await shelf.listed(limit="2", file_name="csv")
    assert [row["name"] for row in first["files"]] == ["B.csv", "z.csv"]
    assert (first["count"], first["total"], first["limit"], first["offset"]) == (2, 3, 2, 0)
    root = f"http://coreshed.test{shelf.root}?file_name=csv&limit=2&offset="
    assert first["links"] == {"self": f"{root}0", "next": f"{root}2", "prev": None}
    second = (await shelf.ask("GET", first["links"]["next"])).json()
    assert [row["name"] for row in second["files"]] == ["b.csv"]
    assert second["links"] == {"self": f"{root}2", "next": None, "prev": f"{root}0"}


async def test_that_a_name_is_found_by_any_part_of_it_in_any_case(shelf: Shelf) -> None:
    for path in ("gold/allgoldcolumns.csv", "gold/Größe 100%_x.csv", "other.csv"):
        await shelf.put(path)
    assert await shelf.names(file_name="GOLD") == ["allgoldcolumns.csv"]
    assert await shelf.names(file_name="GRÖSSE") == ["Größe 100%_x.csv"]
    assert await shelf.names(file_name="%_") == ["Größe 100%_x.csv"]
    assert await shelf.names(file_name="%") == ["Größe 100%_x.csv"]


async def test_that_people_filter_by_any_of_several_ids(shelf: Shelf) -> None:
    editor = (await shelf.put("editor.csv"))["created_by"]["id"]
    owner = (await shelf.put("owner.csv", who="owner"))["created_by"]["id"]
    await shelf.put("editor.csv", who="owner")
    assert await shelf.names(author=editor) == ["editor.csv"]
    assert await shelf.names(author=owner.upper()) == ["owner.csv"]
    assert await shelf.names(modified_by=owner) == ["editor.csv", "owner.csv"]
    assert await shelf.names(("author", editor), ("author", owner)) == ["editor.csv", "owner.csv"]
    assert await shelf.names(author=f"{editor},{owner}") == ["editor.csv", "owner.csv"]
    await shelf.ask("DELETE", shelf.at("owner.csv"), "owner")
    assert await shelf.names(deleted="true", deleted_by=owner) == ["owner.csv"]
    assert await shelf.names(deleted="true", deleted_by=editor) == []


async def test_that_times_bound_and_order_a_list(shelf: Shelf) -> None:
    made = []
    for name in ("1.csv", "2.csv", "3.csv"):
        shelf.clock.advance(10)
        made.append(await shelf.put(name))
    second = made[1]["created_at"]
    assert await shelf.names(created_at=second) == ["2.csv"]
    assert await shelf.names(created_at=f"lt:{second}") == ["1.csv"]
    assert await shelf.names(created_at=f"lte:{second}") == ["1.csv", "2.csv"]
    assert await shelf.names(created_at=f"gt:{second}") == ["3.csv"]
    assert await shelf.names(created_at=f"gte:{second.removesuffix('Z')}") == ["2.csv", "3.csv"]
    bounds = [("created_at", f"gte:{second}"), ("created_at", f"lt:{made[2]['created_at']}")]
    assert await shelf.names(*bounds) == ["2.csv"]
    assert await shelf.names(order_by="desc:created_at") == ["3.csv", "2.csv", "1.csv"]
    await shelf.put("1.csv")
    assert await shelf.names(order_by="modified_at") == ["2.csv", "3.csv", "1.csv"]
    assert await shelf.names(order_by="desc:modified_at,asc:created_at") == ["1.csv", "3.csv", "2.csv"]
    for name in ("3.csv", "1.csv"):
        await shelf.ask("DELETE", shelf.at(name))
    assert await shelf.names(deleted="true", order_by="deleted_at") == ["3.csv", "1.csv"]
    assert await shelf.names(deleted="TRUE", order_by="desc:deleted_at") == ["1.csv", "3.csv"]
    assert len(await shelf.names(deleted="true", deleted_at="gt:2020-01-01")) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "5001"},
        {"limit": "x"},
        {"offset": "-1"},
        {"offset": str(2**63)},
        {"deleted": "perhaps"},
        {"file_name": ""},
        {"file_name": "a/b"},
        {"file_name": "a\0b"},
        {"author": "x"},
        {"modified_by": "00000000"},
        {"created_at": "yesterday"},
        {"created_at": "like:2026-01-01"},
        {"created_at": ["2026-01-01", "2026-01-02"]},
        {"created_at": ["gt:2026-01-01", "2026-01-02"]},
        {"created_at": ["gt:2026-01-01", "lt:2026-01-02", "lt:2026-01-03"]},
        {"order_by": "size"},
        {"order_by": "down:created_at"},
    ],
)
async def test_that_a_bad_query_is_refused(shelf: Shelf, query: dict[str, Any]) -> None:
    assert refusal(await shelf.ask("GET", shelf.root, params=query)) == INVALID


@pytest.mark.parametrize(
    "query", [{"order_by": ""}, {"unknown": "x"}, {"created_at": "gt:0001-01-01"}, {"limit": "5000"}]
)
async def test_that_a_harmless_query_is_taken(shelf: Shelf, query: dict[str, str]) -> None:
    await shelf.put("m.csv")
    assert await shelf.names(**query) == ["m.csv"]


async def test_that_workspaces_do_not_see_each_other(shelf: Shelf) -> None:
    file = await shelf.put("m.csv")
    lab = shelf.lab
    answer = await shelf.ask(
        "POST", f"/workspace/orgs/{lab.organisation_id}/workspaces", json={"name": f"o {file['file_id'][:8]}"}
    )
    other = shelf.root.replace(lab.workspace_id, answer.json()["id"])
    assert (await shelf.ask("GET", other)).json()["total"] == 0
    for method in ("GET", "PUT", "DELETE"):
        assert (await shelf.ask(method, f"{other}/{file['file_id']}")).status_code == 404
