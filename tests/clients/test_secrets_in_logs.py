"""What the server writes to its log while real clients work, at the most talkative level."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import sqlalchemy as sa
from azure.core.exceptions import HttpResponseError

from coreshed.blobs.tables import signing_keys
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.clients.test_azure_blob import Site
from tests.clients.test_evo_sdk import SCRIPT
from tests.server import Server, own_loopback_host

ADMIN_KEY = "gpra_deadbeef_administrator-of-the-log-test"


def test_that_no_signature_and_no_key_reaches_the_log(tmp_path: Path) -> None:
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_LOG_LEVEL": "debug"}
    server = Server(tmp_path / "data", ["--tls", "auto"], environment, own_loopback_host()).start()
    try:
        _sdk(server, tmp_path)
        signatures = _azure(Site(server))
        _mistakes(server)
    finally:
        server.stop()
    log = server.log
    assert sum(event["event"] == "request" for event in server.events) > 50
    assert f"/blob/{server.instance.workspace_id}/" in log
    assert re.findall(r"sig=(?!\.\.\.)[^\s\"]{0,80}", log) == []
    secrets = [ADMIN_KEY, ADMIN_KEY.rpartition("_")[2], *signatures, *_signing_secrets(tmp_path / "data"), *MISTAKEN]
    assert [secret for secret in secrets if secret in log] == []


def _sdk(server: Server, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    ca_file = server.instance.ca_file
    assert ca_file is not None
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), server.url, server.admin_key, "-", str(work)],
        env={**os.environ, "SSL_CERT_FILE": ca_file},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def _azure(site: Site) -> list[str]:
    """Upload, download, and two refusals; the signatures that were used."""
    name = str(uuid4())
    writer = site.writer(name)
    writer.upload_blob(b"x" * 300_000, max_concurrency=4, overwrite=True)
    reader = site.reader(name)
    assert len(reader.download_blob().readall()) == 300_000
    for refused in (reader.delete_blob, site.client(reader.url.replace("sig=", "sig=A")).download_blob):
        with pytest.raises(HttpResponseError):
            refused()
    return [parse_qs(urlsplit(client.url).query)["sig"][0] for client in (writer, reader)]


MISTAKEN = ("gpra_00000000_mistyped-key", "sig-in-the-wrong-place", "key-in-the-query")


def _mistakes(server: Server) -> None:
    """Credentials where they do not belong."""
    wrong, misplaced, queried = MISTAKEN
    with server.client() as api:
        assert api.get("/evo/identity/v1/discovery", headers={"Authorization": f"Bearer {wrong}"}).status_code == 401
        assert api.get(f"/workspace/health_check?full=true&sig={misplaced}").status_code == 200
        assert api.get(f"/geoscience-object/nowhere?key={queried}&sig={misplaced}").status_code == 404


def _signing_secrets(data_dir: Path) -> list[str]:
    database = Database(sqlite_url(data_dir / "coreshed.db"))
    with database.reading() as rows:
        found = [bytes(secret) for secret in rows.execute(sa.select(signing_keys.c.secret)).scalars()]
    database.close()
    assert found
    return [each for secret in found for each in (secret.hex(), base64.b64encode(secret).decode())]
