"""`coreshed storage` on an installation whose server does not run."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from coreshed.app import Application
from coreshed.origins import Origins
from coreshed.serving import instance
from coreshed.settings import Settings
from tests.server import Server, run_command

ORIGIN = "http://coreshed.test"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    opened = Application.open(Settings(data_dir=tmp_path), Origins(ORIGIN, ORIGIN))
    known = opened.instance
    opened.close()
    written = instance.Instance(
        api_url=ORIGIN,
        blob_url=ORIGIN,
        ca_file=None,
        organisation_id=known.organisation_id,
        workspace_id=known.workspace_id,
        version="0",
    )
    instance.write(tmp_path, written)
    return tmp_path


def _run(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return run_command(Server(data), "storage", *words)


def _listed(data: Path) -> list[Any]:
    return [each["limit_bytes"] for each in json.loads(_run(data, "list", "--json").stdout)]


def test_that_limits_are_set_and_lifted(data: Path) -> None:
    assert _listed(data) == [None, None]
    assert _run(data, "limit", "10GiB").returncode == 0
    assert _run(data, "limit", "500", "--project", "First workspace").returncode == 0
    assert _listed(data) == ["10737418240", "500"]
    assert _run(data, "limit", "none").returncode == 0
    assert _run(data, "limit", "default", "--project", "First workspace").returncode == 0
    assert _listed(data) == [None, None]
    assert _run(data, "limit", "plenty").returncode == 2


def test_that_a_recount_prints_every_account(data: Path) -> None:
    counted = json.loads(_run(data, "recalculate", "--json").stdout)
    assert {(each["used_drift"], each["reserved_drift"]) for each in counted} == {("0", "0")}
