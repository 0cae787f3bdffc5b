"""The TypeScript client: it builds, its types hold, and it sends what it should."""

import json
from pathlib import Path

import pytest

from tests.docs.pages import blocks, text_of
from tests.server import Server
from tests.typescript.conftest import environment
from tests.typescript.node import SOURCE, Node

pytestmark = pytest.mark.xdist_group("typescript")


def test_that_the_types_hold(node: Node, package: Path) -> None:
    checked = node.run("npm", "run", "check", cwd=package)
    assert checked.returncode == 0, checked.stdout


def test_that_its_own_tests_pass(node: Node, package: Path) -> None:
    node.tests("test/digests.test.mjs", "test/sending.test.mjs", cwd=package)


@pytest.mark.parametrize(
    ("file", "line"),
    [("a.mjs", 'import * as found from "@coreshed/client";'), ("a.cjs", 'const found = require("@coreshed/client");')],
)
def test_that_both_kinds_of_modules_get_the_same(node: Node, package: Path, file: str, line: str) -> None:
    (package / file).write_text(f"{line}\nconsole.log(Object.keys(found).sort().join());\n")
    shown = node.run(file, cwd=package)
    wanted = "ChecksumError,ConnectionError,CoreshedClient,CoreshedError,OPERATIONS,uploadFile"
    assert shown.stdout.strip() == wanted, shown.stderr


def test_that_nothing_is_installed_with_it_and_nothing_says_from_where(package: Path) -> None:
    about = json.loads((package / "package.json").read_text())
    assert (about["private"], about["license"], about.get("dependencies", {})) == (True, "Apache-2.0", {})
    locked = json.loads((SOURCE / "package-lock.json").read_text())
    assert [name for name, each in locked["packages"].items() if "resolved" in each] == []


def test_that_the_examples_of_the_page_work_as_written(node: Node, package: Path, shared_sqlite_server: Server) -> None:
    (package / "page.mjs").write_text("\n".join(blocks(text_of("docs/typescript-client.md"), "js")))
    served = shared_sqlite_server
    shown = node.run("page.mjs", cwd=package, **environment(served))
    assert shown.returncode == 0, shown.stderr
    assert f"{served.instance.workspace_id} First workspace\n" in shown.stdout
    assert "404 There is no such operation." in shown.stdout
