"""The TypeScript client knows the operations that are served."""

import importlib

import pytest

from tests.docs.pages import ROOT


def test_that_its_types_are_those_of_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    made = importlib.import_module("make_typescript").modules()
    assert [path.name for path, text in made.items() if path.read_text("utf-8") != text] == [], "run tools/make_docs.py"
