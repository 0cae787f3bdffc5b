"""`coreshed fsck` on the data of a real server."""

import json
from pathlib import Path

import pyarrow as pa

from tests.blockmodels.over_http import raw
from tests.blockmodels.updating import SMALL, blocks, columns, new, parquet
from tests.server import Server, ServerMaker, run_command


def made(server: Server) -> Path:
    """A model of two versions, and where the blocks of the second are."""
    with raw(server) as site:
        model_id = site.create(SMALL)["bm_uuid"]
        begun = site.begin(model_id, {"columns": columns(new=[new("Cu")])})
        site.put(begun["upload_url"], parquet(blocks((0, 0, 0, 1.0), (1, 0, 0, 2.0), Cu=pa.float64())))
        site.announce(begun["job_url"])
        assert site.end(begun["job_url"])["job_status"] == "COMPLETE"
    [segment] = [path for path in server.data_dir.rglob("*") if path.is_file() and begun["job_uuid"] in str(path)]
    return segment


def test_that_fsck_finds_damage_and_only_damage(server: ServerMaker) -> None:
    running = server().start()
    segment = made(running)
    for words in (["fsck"], ["fsck", "--deep"]):
        checked = run_command(running, *words)
        assert checked.returncode == 0, checked.stderr
        report = json.loads(checked.stdout)
        assert (report["findings"], report["versions"], report["segments"]) == ([], 2, 1)
        assert (report["read_bytes"] > 0) == (words[-1] == "--deep")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(content)
    assert run_command(running, "fsck").returncode == 0  # nothing is read
    damaged = run_command(running, "fsck", "--deep")
    assert damaged.returncode == 1
    assert "segment damaged" in {each["damage"] for each in json.loads(damaged.stdout)["findings"]}
    segment.unlink()
    lost = run_command(running, "fsck")
    assert lost.returncode == 1
    assert {each["damage"] for each in json.loads(lost.stdout)["findings"]} == {"segment missing"}
