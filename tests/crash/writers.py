"""Clients that upload, publish, move, delete and restore as fast as they can, until the server is gone."""

import base64
import hashlib
import random
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx

from tests.crash.model import Knowledge, Pending, SharedThing, Thing, Upload, Version
from tests.objects.conftest import pointset

BLOCK_LIST = '<?xml version="1.0" encoding="utf-8"?><BlockList>{}</BlockList>'


class Gone(Exception):
    """The server has been killed; the request may or may not have been carried out."""


def document(rng: random.Random, data: Sequence[str]) -> dict[str, Any]:
    """A pointset over these blobs, with values that lists filter by."""
    return pointset(
        data[0],
        name=f"points {rng.randrange(3)}",
        description=f"kind {rng.randrange(4)}",
        tags={"batch": str(rng.randrange(10**9))},
        extensions={"grades": [rng.random() for _ in range(5)], "more": [{"data": name} for name in data]},
    )


def planned(rng: random.Random, *, blocks: int, longest: int) -> dict[str, bytes]:
    """Content by block id."""
    return {
        base64.b64encode(f"{number:032}".encode()).decode(): rng.randbytes(rng.randrange(1, longest))
        for number in range(blocks)
    }


def new_upload(rng: random.Random, *, many_blocks: bool) -> Upload:
    """Content and a name for it: its digest, or a UUID."""
    content = planned(rng, blocks=rng.randrange(66, 80), longest=300) if many_blocks else {}
    content = content or planned(rng, blocks=rng.randrange(1, 7), longest=20_000)
    if rng.random() < 0.5:
        return Upload(str(UUID(int=rng.getrandbits(128), version=4)), content)
    return Upload(hashlib.sha256(b"".join(content.values())).hexdigest(), content)


def block_list(block_ids: Sequence[str]) -> bytes:
    """The body of Put Block List."""
    return BLOCK_LIST.format("".join(f"<Latest>{block_id}</Latest>" for block_id in block_ids)).encode()


class Writer(threading.Thread):
    """One client with blobs and objects of its own, and one object shared with all others."""

    def __init__(
        self, *, api: httpx.Client, root: str, shared: SharedThing, mine: Knowledge, rng: random.Random, name: str
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.mine = mine
        self.problem: BaseException | None = None
        self.acknowledged = 0
        self.started = threading.Event()
        self._api = api
        self._root = root
        self._shared = shared
        self._rng = rng
        self._many_blocks = name.endswith("-0")
        self._count = 0

    def run(self) -> None:
        """Work until the server is gone; anything else that stops this is a `problem`."""
        verbs = [self.stage] * 10 + [self.publish] * 4 + [self.update] * 4 + [self.delete, self.restore] * 2
        verbs += [self.share, self.whole] * 2
        try:
            while True:
                self._rng.choice(verbs)()
                self.started.set()
        except Gone:
            pass
        except BaseException as problem:  # noqa: BLE001  (the round reports it)
            self.problem = problem
        finally:
            self.started.set()
            self._api.close()

    # Bytes

    def stage(self) -> None:
        """One more block of an upload, now and then one again; its commit once all blocks are there."""
        upload = next((each for each in self.mine.uploads if not each.committed), None) or self._begin()
        upload.touched = True
        if not upload.url:
            self._offer(upload)
        missing = [block_id for block_id in upload.planned if block_id not in upload.acknowledged]
        if upload.acknowledged and self._rng.random() < 0.15:
            self._put_again(upload, self._rng.choice(list(upload.acknowledged)))
        elif missing:
            block_id = self._rng.choice(missing)
            self._put(upload, block_id, upload.planned[block_id])
        else:
            upload.pending_commit = True
            body = block_list(list(upload.planned))
            self._expect(201, self._send("PUT", f"{upload.url}&comp=blocklist", content=body))
            upload.pending_commit, upload.committed = False, True

    def whole(self) -> None:
        """A blob in one request."""
        upload = self._begin(many_blocks=False)
        self._offer(upload)
        upload.pending_commit = True
        self._expect(201, self._send("PUT", upload.url, content=upload.content))
        upload.pending_commit, upload.committed = False, True

    def _begin(self, *, many_blocks: bool | None = None) -> Upload:
        upload = new_upload(self._rng, many_blocks=self._many_blocks if many_blocks is None else many_blocks)
        self.mine.uploads.append(upload)
        return upload

    def _offer(self, upload: Upload) -> None:
        offered = self._expect(200, self._send("PUT", f"{self._root}/data", json=[{"name": upload.name}])).json()[0]
        assert offered["exists"] is False, f"{upload.name} was never committed"
        assert upload.blob_id in {"", offered["id"]}, "the blob has another id than before"
        upload.blob_id, upload.url = offered["id"], offered["upload_url"]

    def _put(self, upload: Upload, block_id: str, data: bytes) -> None:
        upload.pending_block = block_id, data
        address = f"{upload.url}&comp=block&blockid={block_id.replace('=', '%3D')}"
        self._expect(201, self._send("PUT", address, content=data))
        upload.acknowledged[block_id] = upload.planned[block_id] = data
        upload.pending_block = None

    def _put_again(self, upload: Upload, block_id: str) -> None:
        """The same block again, longer where the name allows other content: the list then tells them apart."""
        data = upload.acknowledged[block_id]
        self._put(upload, block_id, data + self._rng.randbytes(3) if upload.replaceable else data)

    # Objects

    def publish(self) -> None:
        """A new object."""
        document = self._document()
        if document is None:
            return
        self._count += 1
        thing = Thing(f"{self.name}/{self._count}.json")
        thing.pending = Pending("create", thing.path, document)
        self.mine.things.append(thing)
        made = self._expect(201, self._send("POST", f"{self._root}/objects/path/{thing.path}", json=document)).json()
        thing.object_id = made["object_id"]
        self._acknowledge(thing, Version(made["version_id"], document))

    def update(self) -> None:
        """A new version, at the same path or at a new one."""
        thing, document = self._thing(deleted=False), self._document()
        if thing is None or document is None:
            return
        sent = document | {"uuid": thing.object_id}
        if self._rng.random() < 0.3:
            self._count += 1
            path = f"{self.name}/moved/{self._count}.json"
            thing.pending = Pending("version", path, document)
            answer = self._send("POST", f"{self._root}/objects/path/{path}", json=sent)
        else:
            thing.pending = Pending("version", thing.path, document)
            headers = {"If-Match": thing.versions[-1].id} if self._rng.random() < 0.5 else {}
            address = f"{self._root}/objects/{thing.object_id}"
            answer = self._send("POST", address, json=sent, headers=headers)
        made = self._expect(201, answer).json()
        thing.path = thing.pending.path
        self._acknowledge(thing, Version(made["version_id"], document))

    def delete(self) -> None:
        """Soft-delete by id or by path."""
        thing = self._thing(deleted=False)
        if thing is None:
            return
        thing.pending = Pending("delete", thing.path)
        where = thing.object_id if self._rng.random() < 0.5 else f"path/{thing.path}"
        self._expect(204, self._send("DELETE", f"{self._root}/objects/{where}"))
        thing.deleted, thing.pending = True, None

    def restore(self) -> None:
        """Undo a deletion."""
        thing = self._thing(deleted=True)
        if thing is None:
            return
        thing.pending = Pending("restore", thing.path)
        self._expect(204, self._send("POST", f"{self._root}/objects/{thing.object_id}?deleted=false"))
        thing.deleted, thing.pending = False, None

    def share(self) -> None:
        """A version of the object that everybody writes to."""
        document = self._document()
        if document is None:
            return
        with self._shared.lock:
            self._shared.pending.append(document)
        address = f"{self._root}/objects/{self._shared.object_id}"
        made = self._expect(201, self._send("POST", address, json=document | {"uuid": self._shared.object_id})).json()
        with self._shared.lock:
            self._shared.versions[made["version_id"]] = document
            self._shared.pending = [each for each in self._shared.pending if each is not document]

    def _acknowledge(self, thing: Thing, version: Version) -> None:
        thing.versions.append(version)
        thing.pending = None

    def _thing(self, *, deleted: bool) -> Thing | None:
        found = [thing for thing in self.mine.things if thing.deleted is deleted and thing.object_id]
        if not found:
            return None
        thing = self._rng.choice(found)
        thing.touched = True
        return thing

    def _document(self) -> dict[str, Any] | None:
        names = [upload.name for upload in self.mine.uploads if upload.committed]
        return document(self._rng, self._rng.sample(names, min(len(names), 3))) if names else None

    # Requests

    def _send(self, method: str, address: str, **more: Any) -> httpx.Response:
        try:
            return self._api.request(method, address, **more)
        except httpx.TimeoutException:
            raise
        except httpx.TransportError as error:
            raise Gone from error

    def _expect(self, status: int, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != status:
            where = f"{answer.request.method} {answer.request.url.path}"
            raise AssertionError(f"{where}: {answer.status_code} instead of {status}: {answer.text[:500]}")
        self.acknowledged += 1
        return answer
