"""After a crash: everything acknowledged is there, and what was on its way is there whole or not at all."""

import random
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.crash.model import Knowledge, Pending, SharedThing, Thing, Upload, Version, data_of
from tests.crash.writers import block_list, document


class Verifier:
    """Compares a running server with what its clients know, and settles what they did not know."""

    def __init__(self, *, api: httpx.Client, root: str, rng: random.Random) -> None:
        self._api = api
        self._root = root
        self._rng = rng
        self._probes = rng.randrange(10**9)

    def settle(self, mine: Knowledge) -> None:
        """Find out what became of the changes without an answer; each was carried out whole or not at all."""
        for upload in mine.uploads:
            if upload.touched or not upload.committed:
                self._settle_upload(upload)
        mine.things[:] = [thing for thing in mine.things if self._settle_thing(thing)]

    def check(self, things: Sequence[Thing], contents: Mapping[str, bytes], *, sample: int) -> None:
        """Objects that were touched, and some that were not, in full: versions, documents and the bytes they refer to.

        contents: what every committed blob holds, by name.
        """
        quiet = [thing for thing in things if not thing.touched]
        touched = [thing for thing in things if thing.touched]
        for thing in [*touched, *self._rng.sample(quiet, min(sample, len(quiet)))]:
            self._check_thing(thing, contents)
            thing.touched = False

    # Bytes

    def _settle_upload(self, upload: Upload) -> None:
        """Committed or still staged, as acknowledged; `pending_*` are decided afterwards."""
        upload.touched, upload.url = False, ""
        offered = self._expect(200, self._api.put(f"{self._root}/data", json=[{"name": upload.name}])).json()[0]
        assert upload.blob_id in {"", offered["id"]}, f"{upload.name} has another id than before"
        upload.blob_id = offered["id"]
        if upload.committed:
            assert offered["exists"] is True, f"{upload.name} was committed and is gone"
            return
        if offered["exists"]:
            assert upload.pending_commit, f"{upload.name} exists although nobody committed it"
            upload.committed = True
        else:
            upload.url = offered["upload_url"]
            self._check_staged(upload)
        upload.pending_commit, upload.pending_block = False, None

    def _check_staged(self, upload: Upload) -> None:
        answer = self._expect(200, self._api.get(f"{upload.url}&comp=blocklist&blocklisttype=all"))
        lists = ElementTree.fromstring(answer.content)
        assert list(lists.find("CommittedBlocks") or ()) == [], f"{upload.name}: committed blocks without a blob"
        listed = {str(block.findtext("Name")): int(block.findtext("Size") or -1) for block in lists.iter("Block")}
        expected = {block_id: len(data) for block_id, data in upload.acknowledged.items()}
        if upload.pending_block is not None:
            block_id, data = upload.pending_block
            if listed.get(block_id) == len(data):
                expected[block_id] = len(data)
                upload.acknowledged[block_id] = upload.planned[block_id] = data
        assert listed == expected, f"{upload.name}: staged blocks are {listed} instead of {expected}"

    def commit_staged(self, upload: Upload) -> None:
        """Publish what is acknowledged of a half-finished upload, whose name must allow any content."""
        upload.planned = {
            block_id: upload.acknowledged[block_id] for block_id in upload.planned if block_id in upload.acknowledged
        }
        self._commit(upload)

    def finish(self, upload: Upload) -> None:
        """Send the blocks that are missing, and commit."""
        for block_id, data in upload.planned.items():
            if block_id not in upload.acknowledged:
                address = f"{upload.url}&comp=block&blockid={block_id.replace('=', '%3D')}"
                self._expect(201, self._api.put(address, content=data))
        self._commit(upload)

    def _commit(self, upload: Upload) -> None:
        answer = self._api.put(f"{upload.url}&comp=blocklist", content=block_list(list(upload.planned)))
        assert self._expect(201, answer).content == b""
        upload.committed = True

    def probe(self, mine: Knowledge, uploads: Sequence[Upload]) -> None:
        """Refer to these committed blobs, which is the way to a link, and read every byte of them."""
        if not uploads:
            return
        self._probes += 1
        sent = document(self._rng, [upload.name for upload in uploads])
        path = f"probes/{self._probes}.json"
        made = self._expect(201, self._api.post(f"{self._root}/objects/path/{path}", json=sent)).json()
        mine.things.append(Thing(path, made["object_id"], [Version(made["version_id"], sent)]))
        self._check_data(made, {upload.name: upload.content for upload in uploads})

    # Objects

    def _settle_thing(self, thing: Thing) -> bool:
        """False where the object was never made."""
        pending, thing.pending = thing.pending, None
        if pending is None:
            return True
        if pending.kind == "create":
            found = self._api.get(f"{self._root}/objects/path/{pending.path}")
            if found.status_code == 404:
                return False
            thing.object_id = self._expect(200, found).json()["object_id"]
        found = self._api.get(f"{self._root}/objects/{thing.object_id}")
        if pending.kind in {"delete", "restore"}:
            assert found.status_code in {200, 404}, found.text
            thing.deleted = found.status_code == 404
            return True
        got = self._expect(200, found).json()
        if all(version.id != got["version_id"] for version in thing.versions):
            self._adopt(thing, pending, got)
        return True

    def _adopt(self, thing: Thing, pending: Pending, got: dict[str, Any]) -> None:
        """The change was carried out without an answer: then all of it."""
        assert not thing.versions or int(got["version_id"]) > int(thing.versions[-1].id)
        thing.path = pending.path
        thing.versions.append(Version(got["version_id"], pending.document))

    def _check_thing(self, thing: Thing, contents: Mapping[str, bytes]) -> None:
        query = {"include_versions": "true", "deleted": "true" if thing.deleted else "false"}
        got = self._expect(200, self._api.get(f"{self._root}/objects/{thing.object_id}", params=query)).json()
        assert [each["version_id"] for each in got["versions"]] == [each.id for each in reversed(thing.versions)]
        assert got["object_path"] == thing.path
        self._check_document(got, thing.object_id, thing.versions[-1])
        self._check_data(got, contents)
        older = self._rng.choice(thing.versions)
        query = {"version": older.id, "deleted": query["deleted"]}
        got = self._expect(200, self._api.get(f"{self._root}/objects/{thing.object_id}", params=query)).json()
        self._check_document(got, thing.object_id, older)
        other = "false" if thing.deleted else "true"
        answer = self._api.get(f"{self._root}/objects/{thing.object_id}", params={"deleted": other})
        assert answer.status_code == 404, f"{thing.path} is deleted and not deleted"

    def _check_document(self, got: dict[str, Any], object_id: str, version: Version) -> None:
        assert got["version_id"] == version.id
        assert got["object"] == version.document | {"uuid": object_id}, f"{version.id} has another document"
        assert [each["name"] for each in got["links"]["data"]] == data_of(version.document)

    def _check_data(self, got: dict[str, Any], contents: Mapping[str, bytes]) -> None:
        for link in got["links"]["data"]:
            answer = self._expect(200, self._api.get(link["download_url"], headers={"Authorization": ""}))
            assert answer.content == contents[link["name"]], f"{link['name']} has other bytes"

    def check_shared(self, shared: SharedThing) -> None:
        address = f"{self._root}/objects/{shared.object_id}"
        got = self._expect(200, self._api.get(address, params={"include_versions": "true"})).json()
        listed = [each["version_id"] for each in got["versions"]]
        assert listed == sorted(set(listed), key=int, reverse=True)
        assert set(shared.versions) <= set(listed), "an acknowledged version of the shared object is gone"
        assert got["version_id"] == listed[0]
        assert len(set(listed) - set(shared.versions)) <= len(shared.pending)
        for version_id in listed:
            if version_id not in shared.versions or self._rng.random() < 0.05:
                self._check_shared_version(shared, version_id)
        shared.pending.clear()

    def _check_shared_version(self, shared: SharedThing, version_id: str) -> None:
        address = f"{self._root}/objects/{shared.object_id}"
        got = self._expect(200, self._api.get(address, params={"version": version_id})).json()
        possible = [shared.versions[version_id]] if version_id in shared.versions else shared.pending
        found = [each for each in possible if each | {"uuid": shared.object_id} == got["object"]]
        assert found, f"version {version_id} of the shared object is none that was sent"
        shared.versions[version_id] = found[0]

    def check_lists(self, things: Sequence[Thing], shared: SharedThing) -> None:
        """Totals, rows and filters of both lists agree with the documents."""
        newest = max(shared.versions, key=int)
        everything = [*things, Thing(shared.path, shared.object_id, [Version(newest, shared.versions[newest])])]
        for deleted in (False, True):
            expected = {each.object_id: each for each in everything if each.deleted is deleted}
            found = self._list(deleted=deleted)
            assert found["total"] == len(expected)
            assert {row["object_id"] for row in found["objects"]} == set(expected)
            for row in found["objects"]:
                thing = expected[row["object_id"]]
                assert (f"{row['path']}{row['name']}", row["version_id"]) == (f"/{thing.path}", thing.versions[-1].id)
            for kind in range(4):
                word = f"kind {kind}"
                alike = {key for key, thing in expected.items() if thing.versions[-1].document["description"] == word}
                found = self._list(deleted=deleted, **{"object.description": f"eq:{word}"})
                assert found["total"] == len(alike)
                assert {row["object_id"] for row in found["objects"]} == alike

    def _list(self, *, deleted: bool, **query: str) -> dict[str, Any]:
        params = {"limit": "5000", "deleted": str(deleted), **query}
        found: dict[str, Any] = self._expect(200, self._api.get(f"{self._root}/objects", params=params)).json()
        return found

    def _expect(self, status: int, answer: httpx.Response) -> httpx.Response:
        where = f"{answer.request.method} {answer.request.url.path}"
        assert answer.status_code == status, f"{where}: {answer.status_code}: {answer.text[:500]}"
        return answer
