"""Filters and orders of folder lists."""

import pytest

from coreshed.folders.listing import NameTest, _name_test
from coreshed.ids import new_id
from coreshed.workspaces import Role
from tests.folders.conftest import Tree

MATCHES = [
    ("gold", "gold", True),
    ("gold", "Gold", False),
    ("eq:gold", "gold", True),
    ("neq:gold", "Gold", True),
    ("neq:gold", "gold", False),
    ("like:g*d", "gold", True),
    ("like:g*d", "Gold", False),
    ("like:gold", "golden", False),
    ("like:gold*", "golden", True),
    ("like:*old*", "golden", True),
    ("like:g*o*l*n", "golden", True),
    ("like:g*l*o*n", "golden", False),
    ("like:ab*ba", "aba", False),
    ("like:*", "", True),
    ("ilike:*STRASSE", "Hauptstraße", True),
    ("ilike:GOLD", "gold", True),
    ("like:a\\*b", "a*b", True),
    ("like:a\\*b", "axb", False),
    ("like:a\\\\*", "a\\b", True),
    ("like:a\\", "a\\", True),
    ("like:.*", "abc", False),
    ("between:a", "between:a", True),
]


@pytest.mark.parametrize(("value", "name", "expected"), MATCHES)
def test_that_names_match(value: str, name: str, expected: bool) -> None:
    assert _name_test(value, contains=False).holds(name) is expected


def test_that_a_pattern_of_many_wildcards_takes_no_time() -> None:
    assert NameTest("like", ("", *["a"] * 500, "b")).holds("a" * 100) is False


async def test_that_lists_are_filtered(tree: Tree) -> None:
    site = tree.site
    await tree.make("a/b")
    site.clock.advance(3600)
    editor = site.person("editor@x", Role.EDITOR)
    await site.call(editor, "POST", tree.newer, json={"name": "A*c"})
    later = "2026-11-20T01:00:00Z"
    for query, paths in (
        ("name=a", ["/a"]),
        ("name=a&name=b", ["/a", "/a/b"]),
        ("name=neq:a&name=neq:b", ["/A*c"]),
        ("name=ilike:a*", ["/a", "/A*c"]),
        ("name=like:A\\*c", ["/A*c"]),
        (f"created_by={editor.id}", ["/A*c"]),
        (f"modified_by={editor.id}&modified_by={site.admin.id}", ["/a", "/A*c", "/a/b"]),
        (f"created_by={new_id()}", []),
        (f"created_at=gte:{later}", ["/A*c"]),
        (f"created_at=lte:{later}&created_at=gte:2026-11-20", ["/a", "/A*c", "/a/b"]),
        (f"modified_at=lt:{later}", ["/a", "/a/b"]),
        ("modified_at=gte:2030-01-01", []),
        ("depth=1", ["/a", "/A*c"]),
        ("limit=1&offset=1", ["/A*c"]),
        ("order_by=desc:depth,path", ["/a/b", "/a", "/A*c"]),
        ("order_by=desc:created_at,desc:name", ["/A*c", "/a/b", "/a"]),
        ("order_by=desc:path", ["/a/b", "/A*c", "/a"]),
        ("deleted=true", []),
        ("unknown=1", ["/a", "/A*c", "/a/b"]),
    ):
        assert await tree.paths(query.replace("\\", "%5C")) == paths, query


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=5001",
        "limit=x",
        "limit=-1",
        "offset=-1",
        "offset=99999999999",
        "depth=0",
        "depth=x",
        "deleted=x",
        "order_by=colour",
        "order_by=up:name",
        "created_by=x",
        "modified_by=%00",
        "created_at=gte:x",
        "modified_at=x",
        "path=a%00",
        "path=%20a",
        "name=" + "x" * 2000,
        "&".join(["name=a"] * 101),
    ],
)
async def test_that_this_is_no_list(tree: Tree, query: str) -> None:
    assert (await tree.ask("GET", f"?{query}")).status_code == 422
