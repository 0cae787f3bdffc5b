"""What a user does with the published `evo-files`, in its own process: `SSL_CERT_FILE` is read when it is imported.

Arguments: API URL, key, work directory. Prints one line per step and `done`.
"""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from evo.aio import AioTransport
from evo.common import APIConnector
from evo.common.exceptions import EvoAPIException, GoneException, NotFoundException
from evo.discovery import DiscoveryAPIClient
from evo.files import FileAPIClient
from evo.oauth import AccessTokenAuthorizer
from evo.workspaces import WorkspaceAPIClient

BIG = 9 * 1024 * 1024 + 17
ODD = "we?i#%20+ü n.csv"


def content(size: int, seed: int) -> bytes:
    """Bytes that differ from block to block."""
    return (bytes((i * 7 + seed) % 251 for i in range(1009)) * (size // 1009 + 1))[:size]


async def main(url: str, key: str, work: Path) -> None:
    """Discovery, workspace, files."""
    transport = AioTransport(user_agent="coreshed-tests/1")
    authorizer = AccessTokenAuthorizer(key)
    async with APIConnector(url, transport, authorizer) as connector:
        organisation = (await DiscoveryAPIClient(connector).list_organizations())[0]
        async with APIConnector(organisation.hubs[0].url, transport, authorizer) as hub:
            created = await WorkspaceAPIClient(hub, organisation.id).create_workspace(f"files {uuid4().hex[:8]}")
            client = FileAPIClient(created.get_environment(), hub)
            shelf = Shelf(client, hub, work)
            await shelf.round_trips()
            await shelf.versions()
            await shelf.deletion()
            health = await client.get_service_health()
            assert health.status.name == "HEALTHY", health
    print("done")


class Shelf:
    """Files of one workspace."""

    def __init__(self, client: FileAPIClient, hub: APIConnector, work: Path) -> None:
        self.client, self.hub, self.work = client, hub, work

    async def send(self, path: str, data: bytes) -> str:
        """Upload and return the version."""
        source = self.work / "source"
        source.write_bytes(data)
        upload = await self.client.prepare_upload_by_path(path)
        await upload.upload_from_path(source, self.hub.transport)
        return upload.version_id

    async def receive(self, path: str, version_id: str | None = None) -> bytes:
        """Download."""
        target = self.work / f"target-{uuid4().hex}"
        download = await self.client.prepare_download_by_path(path, version_id)
        await download.download_to_path(target, self.hub.transport)
        return target.read_bytes()

    async def round_trips(self) -> None:
        """Sizes and names."""
        for size, path in ((BIG, "a/big.bin"), (0, "a/empty.bin"), (17, ODD), (5, "//lead/x.csv")):
            with pytest.raises(NotFoundException):
                await self.client.get_file_by_path(path)
            version_id = await self.send(path, content(size, 1))
            got = await self.client.get_file_by_path(path)
            assert (got.size, got.version_id) == (size, version_id)
            assert await self.receive(path) == content(size, 1)
        listed = await self.client.list_all_files(limit_per_request=2)
        assert sorted(each.path for each in listed) == ["/a/big.bin", "/a/empty.bin", "/lead/x.csv", f"/{ODD}"], listed
        assert [each.name for each in await self.client.list_all_files(name="EMPTY")] == ["empty.bin"]
        print("round trips", len(listed))

    async def versions(self) -> None:
        """A second version is there from its commit on; the first stays."""
        first = await self.client.get_file_by_path("a/big.bin")
        pending = await self.client.prepare_upload_by_path("A/BIG.bin")
        assert pending.file_id == first.id
        assert (await self.client.get_file_by_path("a/big.bin")).version_id == first.version_id
        source = self.work / "source"
        source.write_bytes(content(BIG, 2))
        pending._initial_url = None  # as after an expired link: the SDK asks for a new one by id and version
        await pending.upload_from_path(source, self.hub.transport)
        newest = await self.client.get_file_by_path("a/big.bin")
        assert newest.version_id == pending.version_id
        versions = await self.client.list_versions_by_id(first.id)
        assert [each.version_id for each in versions] == [newest.version_id, first.version_id]
        assert await self.receive("a/big.bin") == content(BIG, 2)
        assert await self.receive("a/big.bin", first.version_id) == content(BIG, 1)
        by_id = await self.client.prepare_upload_by_id(first.id)
        await by_id.upload_from_path(source, self.hub.transport)
        assert len(await self.client.list_versions_by_path("a/big.bin")) == 3
        print("versions", len(versions))

    async def deletion(self) -> None:
        """Delete, restore to the old name, restore beside a newcomer."""
        file = await self.client.get_file_by_path("lead/x.csv")
        await self.client.delete_file_by_path("lead/x.csv")
        with pytest.raises(GoneException):
            await self.client.get_file_by_id(file.id)
        with pytest.raises(GoneException):
            await self.client.get_file_by_path("lead/x.csv")
        assert [each.id for each in await self.client.list_all_files(deleted=True)] == [file.id]
        assert await self.client.restore_file_by_id(file.id) is None
        await self.client.delete_file_by_id(file.id)
        await self.send("lead/x.csv", b"newcomer")
        renamed = await self.client.restore_file_by_id(file.id)
        assert renamed is not None
        assert renamed.name == "x (1).csv", renamed
        with pytest.raises(EvoAPIException):
            await self.client.prepare_upload_by_path(" a/x")
        print("restored", renamed.name)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
