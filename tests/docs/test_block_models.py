"""The example of docs/block-models.md, run as it stands there."""

from pathlib import Path

from tests.docs.pages import blocks, section, text_of
from tests.docs.test_getting_started import run_script
from tests.server import Server, own_loopback_host

PAGE = "docs/block-models.md"


def test_that_the_example_works_as_written(tmp_path: Path) -> None:
    part = section(text_of(PAGE), "With the Evo SDK")
    [program] = blocks(part, "python")
    shell = "\n".join(blocks(part, "sh"))
    server = Server(tmp_path / "data", ("--tls", "auto"), host=own_loopback_host()).start()
    try:
        printed = run_script(f"{shell}\npython - <<'PROGRAM'\n{program}\nPROGRAM\n", server, tmp_path / "work")
    finally:
        server.stop()
    assert printed.splitlines() == ["version 2", "version 3", "4000 ['i', 'j', 'k', 'Cu']"]
