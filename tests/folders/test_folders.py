"""Folders of both generations: create, read, rename, move, delete, restore."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import quote
from uuid import UUID

import pytest
from evo.common.exceptions import BaseTypedError, ForbiddenException, GoneException, NotFoundException
from evo.workspaces.endpoints.api import FoldersApi
from evo.workspaces.endpoints.models import FolderCreateRequest, FolderUpdateRequest, ListFoldersResponse

from coreshed.database import Rows
from coreshed.folders.service import Place
from coreshed.ids import new_id
from coreshed.problems import AlreadyExists
from coreshed.workspaces import Role
from tests.folders.conftest import Tree


def api(tree: Tree, email: str = "editor@x", role: Role = Role.EDITOR) -> tuple[FoldersApi, dict[str, str]]:
    """The generated client, and the ids that each of its calls takes."""
    who = tree.site.person(email, role)
    return FoldersApi(tree.site.connector(who)), {
        "org_id": tree.site.organisation_id,
        "workspace_id": tree.site.workspace_id,
    }


async def test_that_the_sdk_creates_reads_renames_moves_deletes_and_restores(tree: Tree) -> None:
    folders, ids = api(tree)
    top = await folders.create_folder(folder_create_request=FolderCreateRequest(name="Drill Holes"), **ids)
    assert (str(top.path), top.parent_ids, top.created_by.email) == ("/Drill Holes", [], "editor@x")
    below = FolderCreateRequest(name="2026", parent_folder_id=top.folder_id)
    child = await folders.create_folder(folder_create_request=below, api_preview="opt-in", **ids)
    assert (str(child.path), child.parent_ids) == ("/Drill Holes/2026", [top.folder_id])
    deeper = FolderCreateRequest(name="May", parent_folder_path="/drill holes/2026/")
    may = await folders.create_folder(folder_create_request=deeper, **ids)
    assert (str(may.path), may.parent_ids) == ("/Drill Holes/2026/May", [top.folder_id, child.folder_id])
    tree.site.clock.advance(60)
    renamed = await folders.update_folder(
        folder_id=str(child.folder_id), folder_update_request=FolderUpdateRequest(name="2027"), **ids
    )
    assert (str(renamed.path), renamed.modified_at > renamed.created_at) == ("/Drill Holes/2027", True)
    moved = await folders.update_folder(
        folder_id=str(may.folder_id), folder_update_request=FolderUpdateRequest(parent_folder_path="/"), **ids
    )
    assert (str(moved.path), moved.parent_ids) == ("/May", [])
    got = await folders.get_folder_by_id(folder_id=str(may.folder_id), **ids)
    assert got == moved
    await folders.delete_folder(folder_id=str(may.folder_id), **ids)
    with pytest.raises(GoneException) as gone:
        await folders.get_folder_by_id(folder_id=str(may.folder_id), **ids)
    assert gone.value.title == "Folder soft deleted."
    deleted = await folders.get_folder_by_id(folder_id=str(may.folder_id), deleted=True, **ids)
    assert deleted.deleted_by is not None
    assert deleted.deleted_by.email == "editor@x"
    restored = await folders.restore_folder(folder_id=str(may.folder_id), deleted=False, **ids)
    assert (restored.folder_id, restored.deleted_at) == (may.folder_id, None)


async def test_that_the_sdk_lists_and_summarises(tree: Tree) -> None:
    for path in ("b/x", "a", "b/y/z"):
        await tree.make(path)
    folders, ids = api(tree)
    everything = await folders.list_folders(**ids)
    assert [str(each.path) for each in everything.results] == ["/a", "/b", "/b/x", "/b/y", "/b/y/z"]
    assert (str(everything.path), everything.folder_id) == ("/", UUID(tree.site.workspace_id))
    assert (everything.count, everything.total, everything.limit, everything.offset) == (5, 5, 100, 0)
    below = await folders.list_folders(path="/B", depth=1, limit=1, offset=1, **ids)
    assert (str(below.path), [str(each.path) for each in below.results]) == ("/b", ["/b/y"])
    assert (below.count, below.total) == (1, 2)
    short = await folders.summarize_folders(limit=2, offset=3, **ids)
    assert [str(each.path) for each in short.results] == ["/b/y", "/b/y/z"]
    assert (short.total, short.offset) == (5, 3)


async def test_that_the_path_that_the_sdk_forgets_to_fill_in_is_not_found(tree: Tree) -> None:
    folders, ids = api(tree)
    with pytest.raises(NotFoundException):
        await folders.get_folder_by_path(**ids)
    assert (await tree.ask("GET", "/path%7Bfolder_path%7D")).status_code == 404


async def test_that_a_folder_is_found_at_its_path_in_any_case(tree: Tree) -> None:
    folder_id = await tree.make("Bohrlöcher/A%2BB %23 100%25?".replace("?", quote("?")))
    for path in ("bohrlöcher/a+b # 100%?", "/Bohrlöcher//A+B # 100%?/", "BOHRLÖCHER/A+B # 100%?"):
        got = await tree.ask("GET", f"/path/{quote(path)}")
        assert (got.status_code, got.json().get("folder_id")) == (200, folder_id), path
    assert (await tree.ask("GET", "/path/nowhere")).status_code == 404
    assert (await tree.ask("GET", "/path/%FF")).status_code == 422


async def test_that_the_older_calls_work_on_the_same_tree(tree: Tree) -> None:
    site = tree.site
    first = await site.call(site.admin, "POST", f"{tree.older}/path/A/B")
    assert (first.status_code, [each["path"] for each in first.json()["folders"]]) == (201, ["/A", "/A/B"])
    again = await site.call(site.admin, "POST", f"{tree.older}/path//a/b/")
    assert (again.status_code, again.json()) == (200, first.json())
    a, b = (each["folder_id"] for each in first.json()["folders"])
    assert set(first.json()["folders"][0]) == {
        "folder_id", "name", "path", "parent_folder_id", "workspace_id", "deleted", "created_at", "created_by",
        "updated_at", "updated_by",
    }  # fmt: skip
    created = await site.call(site.admin, "POST", tree.older, json={"name": "C", "parent_folder_id": a})
    assert (created.status_code, created.json()["parent_folder_id"]) == (201, a)
    for tail in (f"/{a}", "/path/a"):
        got = (await site.call(site.admin, "GET", f"{tree.older}{tail}?limit=1")).json()
        assert got["folder"]["path"] == "/A"
        assert [each["name"] for each in got["child_folders"]["folders"]] == ["B"]
        assert [got["child_folders"][name] for name in ("count", "total", "limit", "offset")] == [1, 2, 1, 0]
    renamed = await site.call(site.admin, "POST", f"{tree.older}/{b}", json={"name": "BB"})
    assert (renamed.status_code, renamed.json()["path"]) == (200, "/A/BB")
    moved = await site.call(site.admin, "PATCH", f"{tree.older}/{b}", json={"parent_folder_id": site.workspace_id})
    assert (moved.status_code, moved.json()["path"], moved.json()["parent_folder_id"]) == (200, "/BB", None)
    ended = await site.call(site.admin, "DELETE", f"{tree.older}/{b}")
    assert (ended.status_code, ended.content) == (204, b"")
    restored = await site.call(site.admin, "POST", f"{tree.older}/{b}?deleted=False")
    assert (restored.status_code, restored.json()["deleted"]) == (200, False)
    assert (await site.call(site.admin, "POST", f"{tree.older}/{b}?deleted=True")).status_code == 400
    assert await tree.paths() == ["/A", "/BB", "/A/C"]


async def test_that_the_older_list_matches_anywhere_in_a_name(tree: Tree) -> None:
    for path in ("gold", "Golden", "old/x"):
        await tree.make(path)

    async def names(query: str) -> list[str]:
        got = await tree.site.call(tree.site.admin, "GET", f"{tree.older}/{tree.site.workspace_id}?{query}")
        return [each["name"] for each in got.json()["child_folders"]["folders"]]

    assert await names("folder_name=like:gold") == ["gold"]
    assert await names("folder_name=ilike:GOLD") == ["gold", "Golden"]
    assert await names("folder_name=gold") == ["gold"]
    assert await names("max_depth=1&order_by=desc:name") == ["old", "Golden", "gold"]
    assert await names(f"updated_by={new_id()}") == []
    assert await names("updated_at=gt:2030-01-01T00:00:00Z") == []
    assert await names("order_by=updated_at,name&max_depth=1") == ["gold", "Golden", "old"]


async def test_that_a_name_is_taken_in_any_case(tree: Tree) -> None:
    present = await tree.make("A/B")
    refused = await tree.ask("POST", json={"name": "b", "parent_folder_path": "a"})
    assert (refused.status_code, refused.json()["title"]) == (409, "Already Exists.")
    assert refused.json()["existing_id"] == present
    other = await tree.make("C")
    assert (await tree.ask("PATCH", f"/{other}", json={"name": "a"})).status_code == 409
    again = await tree.ask("PATCH", f"/{other}", json={"name": "c"})
    assert (again.status_code, again.json()["path"]) == (200, "/c")


async def test_that_a_folder_can_be_tried_without_being_made(tree: Tree) -> None:
    tried = await tree.ask("POST", json={"name": "A", "validate_only": True})
    assert (tried.status_code, tried.json()["path"]) == (200, "/A")
    assert await tree.paths() == []
    await tree.make("A")
    assert (await tree.ask("POST", json={"name": "a", "validate_only": True})).status_code == 409
    assert tree.site.audited(tree.site.admin.id)[-1] == "folder.create"


async def test_that_what_is_below_follows_a_folder(tree: Tree) -> None:
    a, c = await tree.make("A"), await tree.make("A/B/C")
    gone = await tree.make("A/B/Gone")
    await tree.ask("DELETE", f"/{gone}")
    elsewhere = await tree.make("X/Y")
    moved = await tree.ask("PATCH", f"/{a}", json={"name": "AA", "parent_folder_id": elsewhere})
    assert moved.json()["path"] == "/X/Y/AA"
    assert await tree.paths() == ["/X", "/X/Y", "/X/Y/AA", "/X/Y/AA/B", "/X/Y/AA/B/C"]
    deepest = (await tree.ask("GET", f"/{c}")).json()
    assert deepest["parent_ids"][:3] == [*moved.json()["parent_ids"], a]
    assert await tree.paths("path=/x/y/aa&depth=1") == ["/X/Y/AA/B"]
    restored = await tree.ask("POST", f"/{gone}?deleted=false")
    assert (restored.status_code, restored.json()["path"]) == (200, "/X/Y/AA/B/Gone")


async def test_that_a_folder_is_not_moved_into_itself(tree: Tree) -> None:
    a, b = await tree.make("A"), await tree.make("A/B")
    for parent in ({"parent_folder_id": a}, {"parent_folder_id": b}, {"parent_folder_path": "a/b"}):
        assert (await tree.ask("PATCH", f"/{a}", json=parent)).status_code == 422
    assert (
        await tree.ask("PATCH", f"/{b}", json={"parent_folder_id": a, "parent_folder_path": "A"})
    ).status_code == 200
    both = {"parent_folder_id": tree.site.workspace_id, "parent_folder_path": "A"}
    assert (await tree.ask("PATCH", f"/{b}", json=both)).status_code == 422


async def test_that_what_is_below_is_deleted_and_comes_back_with_a_folder(tree: Tree) -> None:
    a, b = await tree.make("A"), await tree.make("A/B")
    own = await tree.make("A/Own")
    await tree.ask("DELETE", f"/{own}")
    tree.site.clock.advance(1)
    for _ in range(2):
        ended = await tree.ask("DELETE", f"/{a}")
        assert (ended.status_code, ended.content) == (204, b"")
    assert await tree.paths() == []
    assert await tree.paths("deleted=True") == ["/A", "/A/B", "/A/Own"]
    refused = await tree.ask("POST", f"/{b}?deleted=false")
    assert (refused.status_code, refused.json()["title"]) == (409, "Parent Folder Deleted.")
    assert (await tree.ask("GET", "/path/a?deleted=true")).json()["folder_id"] == a
    assert (await tree.ask("POST", f"/{a}?deleted=false")).status_code == 200
    assert await tree.paths() == ["/A", "/A/B"]
    assert (await tree.ask("POST", f"/{a}?deleted=false")).status_code == 200
    actions = [each for each in tree.site.audited(tree.site.admin.id) if each != "folder.create"]
    assert actions == ["folder.delete", "folder.delete", "folder.restore"]


async def test_that_a_folder_comes_back_under_another_name_where_its_own_is_taken(tree: Tree) -> None:
    old = await tree.make("A/B")
    await tree.make("A/B/C")
    await tree.ask("DELETE", f"/{old}")
    await tree.make("a/b")
    restored = await tree.ask("POST", f"/{old}?deleted=false")
    assert (restored.status_code, restored.json()["path"]) == (303, "/A/B (2)")
    assert restored.headers["location"].endswith(f"{tree.newer}/{old}")
    assert await tree.paths("path=A") == ["/A/b", "/A/B (2)", "/A/B (2)/C"]
    folders, ids = api(tree)
    await folders.delete_folder(folder_id=old, **ids)
    await tree.make("A/B (2)")
    again = await folders.restore_folder(folder_id=old, deleted=False, **ids)
    assert str(again.path) == "/A/B (2) (2)"


async def test_that_restoring_has_to_be_said(tree: Tree) -> None:
    folder = await tree.make("A")
    for query in ("", "?deleted=", "?deleted=true"):
        assert (await tree.ask("POST", f"/{folder}{query}")).status_code == 400
    assert (await tree.ask("POST", f"/{folder}?deleted=x")).status_code == 422


class Files:
    """Files at some paths, as the room of files will count them."""

    def __init__(self, *path_keys: str) -> None:
        self.path_keys = list(path_keys)

    def count_live(self, rows: Rows, workspace_id: str, path_key_prefix: str) -> int:
        return sum(each.startswith(path_key_prefix) for each in self.path_keys)


async def test_that_a_folder_with_files_is_neither_deleted_nor_moved(tree: Tree) -> None:
    files = Files("a/b/file.csv", "ab.csv")
    tree.site.folders.register(files)
    a, b = await tree.make("A"), await tree.make("A/B")
    empty = await tree.make("AB")
    for folder in (a, b):
        for method, body in (("DELETE", None), ("PATCH", {"name": "X"}), ("PATCH", {"parent_folder_id": empty})):
            refused = await tree.ask(method, f"/{folder}", json=body)
            assert (refused.status_code, refused.json()["title"]) == (409, "Folder Not Empty."), (method, body)
    assert await tree.paths() == ["/A", "/AB", "/A/B"]
    assert (await tree.ask("PATCH", f"/{empty}", json={"name": "Empty"})).status_code == 200
    assert (await tree.ask("DELETE", f"/{empty}")).status_code == 204
    files.path_keys.clear()
    assert (await tree.ask("DELETE", f"/{a}")).status_code == 204


def test_that_other_rooms_get_the_folders_of_a_path(tree: Tree) -> None:
    site = tree.site
    with site.database.writing() as rows:

        def ensure(path: str) -> str:
            return site.folders.ensure(rows, workspace=site.key, actor_id=site.admin.id, path=path)

        deep = ensure("A/we?ird * name/C")
        assert ensure("/a//WE?IRD * NAME/c/") == deep
        assert ensure("/") == ensure("") == site.workspace_id
        assert ensure("A/we?ird * name") != deep
    found = site.folders.get(caller=site.admin.principal, workspace=site.key, place=Place(deep), deleted=False)
    assert found.folder.path == "A/we?ird * name/C"
    assert site.audited(site.admin.id) == ["folder.create"] * 3


def test_that_folders_of_one_path_made_at_once_are_one(tree: Tree) -> None:
    site, together = tree.site, Barrier(4)

    def ensure(_: int) -> str:
        together.wait()
        with site.database.writing() as rows:
            return site.folders.ensure(rows, workspace=site.key, actor_id=site.admin.id, path="A/B/C")

    def create(number: int) -> bool:
        together.wait()
        try:
            site.folders.create(
                caller=site.admin.principal,
                workspace=site.key,
                name="xX"[number % 2],
                parent=Place(),
                validate_only=False,
            )
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ensure, range(4)))) == 1
        assert sum(pool.map(create, range(4))) == 1


BAD_NAMES: list[object] = [
    "", " ", " a", "a ", "a/b", "/", ".", "..", "a\0", "a\n", "a\x7f", "x" * 101, "\ud800", None, 1, ["a"],
]  # fmt: skip


async def test_that_this_is_no_name_of_a_folder(tree: Tree) -> None:
    folder = await tree.make("A")
    for name in BAD_NAMES:
        body = {"json": {"name": name}} if name != "\ud800" else {"content": b'{"name": "\\ud800"}'}
        for path in (tree.newer, tree.older):
            assert (await tree.site.call(tree.site.admin, "POST", path, **body)).status_code == 422, name
        if name is not None:
            assert (await tree.ask("PATCH", f"/{folder}", **body)).status_code == 422, name
        assert (await tree.site.call(tree.site.admin, "POST", f"{tree.older}/{folder}", **body)).status_code == 422
    for path in ("A/%00", "A/%20", "x" * 257, "/".join(["x" * 100] * 11), "%F0%9F%98%80" * 700):
        got = await tree.site.call(tree.site.admin, "POST", f"{tree.older}/path/{path}")
        assert got.status_code == 422, path
    long = await tree.make("/".join(["x" * 100] * 9))
    assert (await tree.ask("PATCH", f"/{folder}", json={"parent_folder_id": long})).status_code == 200
    for body in (b"", b"[]", b"{", b"[" * 100_000):
        assert (await tree.ask("POST", content=body)).status_code == 422


async def test_that_a_subtree_is_not_moved_where_its_paths_get_too_long(tree: Tree) -> None:
    await tree.make("A/" + "/".join(["y" * 100] * 5))
    a, long = await tree.make("A"), await tree.make("/".join(["x" * 100] * 6))
    assert (await tree.ask("PATCH", f"/{a}", json={"parent_folder_id": long})).status_code == 422
    assert (await tree.ask("GET", f"/{a}")).json()["path"] == "/A"


async def test_that_the_root_stays_as_it_is(tree: Tree) -> None:
    root = tree.site.workspace_id
    assert (await tree.ask("GET", f"/{root}")).json()["path"] == "/"
    for method, body in (("PATCH", {"name": "X"}), ("DELETE", None)):
        assert (await tree.ask(method, f"/{root}", json=body)).status_code == 422, method
    assert (await tree.ask("POST", f"/{root}?deleted=false")).status_code == 404


async def test_that_unknown_and_foreign_folders_are_not_found(tree: Tree) -> None:
    site = tree.site
    elsewhere = await site.create(site.admin, "Elsewhere")
    path = f"/folder/instances/{site.organisation_id}/workspaces/{elsewhere}/folders"
    foreign = (await site.call(site.admin, "POST", path, json={"name": "A"})).json()["folder_id"]
    folder = await tree.make("A")
    for each in (foreign, new_id()):
        for method, tail, body in (
            ("GET", f"/{each}", None),
            ("GET", f"/{each}?deleted=true", None),
            ("GET", f"?folder_id={each}", None),
            ("PATCH", f"/{each}", {"name": "B"}),
            ("PATCH", f"/{folder}", {"parent_folder_id": each}),
            ("POST", "", {"name": "B", "parent_folder_id": each}),
            ("POST", "", {"name": "B", "parent_folder_path": "nowhere"}),
            ("POST", f"/{each}?deleted=false", None),
            ("DELETE", f"/{each}", None),
        ):
            got = await tree.ask(method, tail, json=body)
            assert (got.status_code, got.json()["type"].rpartition("/")[2]) == (404, "not-found"), (method, tail)
    assert (await tree.ask("GET", f"/{folder}?deleted=true")).status_code == 404
    for bad in ("/x", "?folder_id=x"):
        assert (await tree.ask("GET", bad)).status_code == 422


async def test_that_viewers_read_and_strangers_see_no_workspace(tree: Tree) -> None:
    folder = await tree.make("A")
    folders, ids = api(tree, "viewer@x", Role.VIEWER)
    assert (await folders.list_folders(**ids)).total == 1
    with pytest.raises(ForbiddenException):
        await folders.create_folder(folder_create_request=FolderCreateRequest(name="B"), **ids)
    with pytest.raises(ForbiddenException):
        await folders.delete_folder(folder_id=folder, **ids)
    stranger = await tree.ask("GET", who=tree.site.person("stranger@x"))
    assert (stranger.status_code, stranger.json()["type"].rpartition("/")[2]) == (404, "unknown-workspace")


async def test_that_the_folders_of_a_deleted_workspace_are_gone(tree: Tree) -> None:
    folder = await tree.make("A")
    await tree.site.call(tree.site.admin, "DELETE", tree.site.one)
    for method, path in (("GET", tree.newer), ("POST", tree.older), ("DELETE", f"{tree.newer}/{folder}")):
        got = await tree.site.call(tree.site.admin, method, path, json={"name": "B"})
        assert (got.status_code, got.json()["title"]) == (410, "Workspace soft deleted.")
        assert got.json()["type"].endswith("/workspace/gone")
    folders, ids = api(tree, "late@x", Role.EDITOR)
    with pytest.raises(BaseTypedError):
        await folders.list_folders(**ids)


async def test_that_an_empty_tree_lists_as_the_models_want_it(tree: Tree) -> None:
    ListFoldersResponse.model_validate((await tree.ask("GET")).json())
