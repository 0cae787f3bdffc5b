"""The examples of docs/block-models.md, run as they stand there."""

from pathlib import Path

from tests.docs.pages import blocks, section, text_of
from tests.docs.test_getting_started import run_script
from tests.server import Server, own_loopback_host

PAGE = "docs/block-models.md"


def test_that_the_examples_work_as_written(tmp_path: Path) -> None:
    part = section(text_of(PAGE), "With the Evo SDK")
    [program] = blocks(part, "python")
    shell = "\n".join(blocks(part, "sh"))
    [commands] = blocks(section(text_of(PAGE), "From the command line"), "sh")
    server = Server(tmp_path / "data", ("--tls", "auto"), host=own_loopback_host()).start()
    try:
        script = f"{shell}\npython - <<'PROGRAM'\n{program}\nPROGRAM\n{commands}"
        printed = run_script(script, server, tmp_path / "work").splitlines()
    finally:
        server.stop()
    assert printed[:3] == ["version 2", "version 3", "4000 ['i', 'j', 'k', 'Cu']"]
    assert any(line.startswith("wrote example.parquet of version 2") for line in printed)
    assert "version 2 to 3: 2 blocks changed" in printed
    assert "Cu (%[mass]) along x, version 3" in printed
    assert printed[-4].split() == ["cut-off", "blocks", "mass", "t", "grade", "metal", "t"]
