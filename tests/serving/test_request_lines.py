"""The log lines of requests, which leave once per turn of the event loop."""

import asyncio
import json
from pathlib import Path

import pytest
import structlog

from coreshed import logs


def test_that_lines_leave_together_and_a_loop_that_has_ended_keeps_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def turn(*paths: str) -> None:
        for path in paths:
            logs.served("GET", path, 200, 0.001)

    logs.flush()
    with (tmp_path / "log").open("wb", buffering=0) as file:
        monkeypatch.setattr(logs, "_requests", structlog.BytesLogger(file))
        asyncio.run(turn("/a", "/b"))
        asyncio.run(turn("/c"))
        logs.flush()
        logs.flush()
    lines = (tmp_path / "log").read_bytes().splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["/a", "/b", "/c"]
