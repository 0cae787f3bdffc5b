"""Uploads of the TypeScript client, to a real server from Node and from a page."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.docs.pages import blocks, text_of
from tests.identity.issuer.chromium import CHROMIUM, DRIVER, Window, elsewhere, need, open_chromium
from tests.server import Server, run_command
from tests.typescript.conftest import environment
from tests.typescript.node import Node

pytestmark = pytest.mark.xdist_group("typescript")
README = "clients/typescript/README.md"
MIB = 1 << 20
# In a page with this address nothing goes out any more after six blocks.
STUCK = """<script>
  let left = location.search === "?stuck" ? 6 : Infinity;
  const real = window.fetch;
  window.fetch = (url, init) =>
    url.includes("comp=block&") && left-- <= 0 ? new Promise(() => {}) : real(url, init);
</script>
"""


def test_that_every_call_works_and_uploads_go_on(node: Node, package: Path, shared_sqlite_server: Server) -> None:
    made = run_command(shared_sqlite_server, "token", "create", "--scope", "projects:read")
    assert made.returncode == 0, made.stderr
    narrow = made.stdout.strip()
    given = environment(shared_sqlite_server) | {"CORESHED_NARROW": narrow}
    node.tests("test/server.test.mjs", cwd=package, environment=given)
    assert narrow not in shared_sqlite_server.log
    assert "sig=" not in shared_sqlite_server.log


def test_that_the_journey_of_the_readme_works_as_written(
    node: Node, package: Path, shared_sqlite_server: Server
) -> None:
    (package / "journey.mjs").write_text("\n".join(blocks(text_of(README), "js")))
    shown = node.run("journey.mjs", cwd=package, **environment(shared_sqlite_server))
    assert shown.returncode == 0, shown.stderr
    sent, upload, stored, refused = shown.stdout.splitlines()
    assert sent == "42 of 42 bytes"
    assert " completed with CRC-32C " in upload
    assert stored.endswith("/raw/collars.geojson 42 true")
    assert refused.startswith("409 ")


def test_that_the_journey_of_the_page_on_uploads_works_as_written(
    node: Node, package: Path, shared_sqlite_server: Server
) -> None:
    (package / "uploads.mjs").write_text("\n".join(blocks(text_of("docs/uploads.md"), "js")))
    shown = node.run("uploads.mjs", cwd=package, **environment(shared_sqlite_server))
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout == "room for any number of bytes\nAssays completed 17 bytes\n"


def test_that_a_page_of_another_origin_goes_on_after_a_reload(
    package: Path, shared_sqlite_server: Server, tmp_path: Path
) -> None:
    need(CHROMIUM, DRIVER)
    served = shared_sqlite_server
    content = bytes(range(256)) * (10 * MIB // 256) + b"odd"
    (tmp_path / "lines.bin").write_bytes(content)
    (page,) = blocks(text_of(README), "html")
    page = page.replace("https://coreshed.example.org", served.url).replace("gpra_...", served.admin_key)
    scripts = {f"/client/{each.name}": each.read_text() for each in (package / "dist" / "esm").glob("*.js")}
    with elsewhere({"/": STUCK + page, **scripts}) as other, open_chromium(tmp_path) as window:
        window.go(f"{other.origin}/?stuck")
        upload(window, tmp_path / "lines.bin", lambda said: said == f"{6 * MIB} of {len(content)} bytes")
        window.go(f"{other.origin}/")
        told = upload(window, tmp_path / "lines.bin", lambda said: said.startswith(("done", "failed")))
        complaints = window.complaints(404)  # it asks for an icon
    found = re.fullmatch(r"done: (u_\w+), (\d+) bytes were there", told)
    assert found is not None, (told, complaints)
    assert (int(found[2]), complaints) == (6 * MIB, [])
    upload_id = found[1]
    with served.client() as client:
        session = client.post("/v1/op/uploads.get", json={"upload_id": upload_id}).json()
    assert session["status"] == "completed"
    assert session["files"][0]["size_bytes"] == len(content)


def upload(window: Window, path: Path, until: Callable[[str], bool]) -> str:
    """Choose a file and wait until the page says so. Returns what it says."""
    window.driver.find_element(By.ID, "file").send_keys(str(path))
    said = window.driver.find_element(By.ID, "said")
    WebDriverWait(window.driver, 60, 0.05).until(lambda _: until(said.text))
    return said.text
