"""Block models of a real server, as the public notebooks call it: plain requests, no SDK."""

import io
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from tests.server import Server


@contextmanager
def raw(server: Server) -> "Iterator[Raw]":
    """A fresh workspace of the server."""
    ca_file = server.instance.ca_file
    trusted: Any = True if ca_file is None else ssl.create_default_context(cafile=ca_file)
    headers = {"Authorization": f"Bearer {server.admin_key}"}
    with (
        httpx.Client(base_url=server.url, headers=headers, timeout=120, verify=trusted) as api,
        httpx.Client(timeout=120, verify=trusted) as links,
    ):
        organisation = server.instance.organisation_id
        made = api.post(f"/workspace/orgs/{organisation}/workspaces", json={"name": f"raw {uuid4().hex[:8]}"})
        assert made.status_code == 201, made.text
        yield Raw(api, links, f"/blockmodel/orgs/{organisation}/workspaces/{made.json()['id']}/block-models")


@dataclass(frozen=True)
class Raw:
    """A workspace of a running server. api: with the administrator's key; links: without any."""

    api: httpx.Client
    links: httpx.Client
    root: str

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """A model as it is answered."""
        made = self.api.post(self.root, json=body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    def begin(self, model_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """An update that is accepted."""
        answer = self.api.patch(f"{self.root}/{model_id}/blocks", json=body)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, url: str, content: bytes) -> None:
        """A file in one piece."""
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/binary"}
        assert self.links.put(url, content=content, headers=headers).status_code == 201

    def announce(self, job_url: str) -> None:
        """Say that the upload is there."""
        assert self.api.post(f"{job_url}/uploaded").status_code == 201

    def end(self, job_url: str, seconds: float = 120.0, pause: float = 0.01) -> dict[str, Any]:
        """A job once it has ended."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.api.get(job_url)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            if found["job_status"] in {"COMPLETE", "FAILED"}:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(pause)

    def update(self, model_id: str, body: dict[str, Any], content: bytes | None = None) -> dict[str, Any]:
        """A whole update: its job in the end."""
        begun = self.begin(model_id, body)
        assert (begun["upload_url"] is None) == (content is None)
        if content is not None:
            self.put(begun["upload_url"], content)
        self.announce(begun["job_url"])
        return self.end(begun["job_url"])

    def query(self, model_id: str, **body: Any) -> pa.Table:
        """The file of a query."""
        asked = self.api.post(f"{self.root}/{model_id}/blocks", json=body)
        assert asked.status_code == 200, asked.text
        job = self.end(asked.json()["job_url"])
        assert job["job_status"] == "COMPLETE", job
        got = self.links.get(job["payload"]["download_url"])
        assert got.status_code == 200
        return pq.read_table(io.BytesIO(got.content))

    def versions(self, model_id: str) -> list[int]:
        """Numbers of versions, the newest first."""
        return [each["version_id"] for each in self.api.get(f"{self.root}/{model_id}/versions").json()["results"]]
