"""The pages of the repository, as tests read them."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def text_of(name: str) -> str:
    """A page by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return [body for kind, body in _FENCE.findall(text) if kind == language]


def section(text: str, heading: str) -> str:
    """What follows `## heading`, up to the next heading of its level."""
    return re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def headings(text: str) -> list[str]:
    """Every heading outside of fenced blocks."""
    return _HEADING.findall(_FENCE.sub("", text))


def anchor(heading: str) -> str:
    """The fragment under which a forge shows a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def tool(name: str) -> ModuleType:
    """A program of tools/ as a module, imported as if it were run from there."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(ROOT / "tools"))
        return importlib.import_module(name)
