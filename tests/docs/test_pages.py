"""What the pages must name, and that their links lead somewhere."""

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from coreshed import problems
from coreshed.app import Application
from coreshed.blobs import refusals
from coreshed.origins import Origins
from coreshed.problems import Problem
from coreshed.settings import Settings
from tests.docs.pages import PAGES, ROOT, anchor, headings, text_of, tool

_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    return tool("make_docs")


@pytest.fixture(scope="module")
def client_generator() -> ModuleType:
    return tool("make_client")


def kinds() -> set[str]:
    return {
        each.kind
        for each in vars(problems.kinds).values()
        if inspect.isclass(each) and issubclass(each, Problem) and each is not Problem
    }


def commands() -> Iterator[str]:
    """Every command of the program, by its own way through the groups."""
    from coreshed.cli import app

    pending: list[tuple[str, Any]] = [("coreshed", app)]
    while pending:
        name, group = pending.pop()
        yield from (f"{name} {command.name}" for command in group.registered_commands)
        pending += [(f"{name} {child.name}", child.typer_instance) for child in group.registered_groups]


def test_that_the_derived_pages_are_what_the_code_says(generator: ModuleType) -> None:
    stale = [name for name, text in generator.pages().items() if text_of(f"docs/{name}") != text]
    assert stale == [], "run tools/make_docs.py"


def test_that_the_client_knows_the_operations_that_are_served(client_generator: ModuleType) -> None:
    made = client_generator.modules()
    stale = [path.name for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    assert stale + client_generator.left_over(made) == [], "run tools/make_docs.py"


def test_that_a_program_imports_the_methods_that_it_uses_alone() -> None:
    script = "import sys; from coreshed import Client; Client('http://127.0.0.1:9', 'key').items; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name for name in ran.stdout.split() if name.startswith("coreshed.client.") and "methods." in name}
    assert loaded == {"coreshed.client.methods.items"}


def test_that_every_setting_has_a_heading() -> None:
    missing = {item.name.replace("_", "-") for item in fields(Settings)} - set(headings(text_of("docs/settings.md")))
    assert missing == set()


def test_that_every_error_kind_has_a_heading() -> None:
    assert kinds() - set(headings(text_of("docs/errors.md"))) == set()


def test_that_every_code_of_the_data_plane_has_a_row() -> None:
    page = text_of("docs/errors.md")
    assert [code for code in refusals.ANSWERS if f"| `{code}` |" not in page] == []


def test_that_every_command_has_a_heading() -> None:
    named = set(commands())
    assert "coreshed serve" in named
    assert named - set(headings(text_of("docs/commands.md"))) == set()


async def test_that_every_operation_of_the_openapi_document_has_a_row(tmp_path: Path) -> None:
    opened = Application.open(Settings(data_dir=tmp_path), Origins("http://localhost", "http://localhost"))
    try:
        transport = httpx.ASGITransport(app=opened.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            document = (await client.get("/openapi.json")).raise_for_status().json()
    finally:
        opened.close()
    named = [f"{method.upper()} {path}" for path, members in document["paths"].items() for method in members]
    registered = [each.removeprefix("POST /v1/op/") for each in named if each.startswith("POST /v1/op/")]
    page = text_of("docs/roles.md")
    assert len(named) > 20
    assert [each for each in named if f"| `{each}` |" not in page and not each.startswith("POST /v1/op/")] == []
    assert [each for each in registered if each not in headings(text_of("docs/operations-reference.md"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_that_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} is not there"
        if fragment:
            anchors = {anchor(heading) for heading in headings(file.read_text(encoding="utf-8"))}
            assert fragment in anchors, f"{target} has no such heading"


def test_that_every_page_is_reached_from_the_readme() -> None:
    reached = {ROOT / "README.md"}
    pending = [ROOT / "README.md"]
    while pending:
        page = pending.pop()
        for target in _LINK.findall(page.read_text(encoding="utf-8")):
            file = (page.parent / target.partition("#")[0]).resolve()
            found = sorted(file.glob("*.md")) if file.is_dir() else [file]
            for each in found:
                if each.suffix == ".md" and each.exists() and each not in reached:
                    reached.add(each)
                    pending.append(each)
    # The page of the measurements stands beside the program that makes them.
    assert [page for page in PAGES if page not in reached and page.name != "performance.md"] == []


def test_that_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:3]) for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
