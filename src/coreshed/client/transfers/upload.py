"""Sending the blocks of a file and publishing them."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from coreshed.client.errors import Conflict, CoreshedError, Mismatch, QuotaExceeded
from coreshed.client.transfers.blocks import Block, block_list, encoded, staged_lengths
from coreshed.client.transfers.connection import COMMIT_TIMEOUT, Connection, Reply, target_of
from coreshed.client.transfers.link import Exchange, failure
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.parallel import in_parallel
from coreshed.client.transfers.source import Digest, Source

CONNECTIONS = 4
_THERE = Reply(201, {}, b"")
_SAID: Mapping[str, tuple[type[CoreshedError], str]] = {
    "Md5Mismatch": (Mismatch, "The server got other bytes than were read; nothing was published."),
    "Sha256Mismatch": (Mismatch, "The server has other bytes than the file; nothing was published."),
    "QuotaExceeded": (QuotaExceeded, "The storage quota has no room for more."),
    "UploadEnded": (Conflict, "The upload session was completed, has failed or has expired meanwhile."),
}


class Overtaken(CoreshedError):
    """The upload cannot be finished: somebody else did, or its blocks are gone. Another one can be begun."""


class Upload:
    """One attempt to bring a source to where a link leads. stating: each block goes with its MD5."""

    def __init__(self, exchange: Exchange, source: Source, meter: Meter, *, stating: bool = False) -> None:
        self._exchange, self._source, self._meter, self._stating = exchange, source, meter, stating

    def finish(self, blocks: Sequence[Block], staged: Mapping[bytes, int], connections: int, digest: Digest) -> int:
        """Send the blocks that are not staged and publish all of them; returns how many bytes were there.

        Raises what `send` and `commit` raise, and SourceChanged.
        """
        there = [block for block in blocks if staged.get(block.name) == block.length]
        found = sum(block.length for block in there)
        self._meter.found(found)
        known = {block.start for block in there}
        self.send([block for block in blocks if block.start not in known], connections)
        sha256 = digest.result()
        self._source.check()
        self.commit(blocks, sha256)
        return found

    def staged(self) -> dict[bytes, int]:
        """Length by name of the blocks that the server has. Raises CoreshedError."""

        def request(connection: Connection, url: str) -> Reply:
            return connection.send("GET", target_of(url, "comp=blocklist&blocklisttype=uncommitted"))

        reply = self._exchange.ask(request)
        if reply.status == 404:  # some servers know no list before the first block
            return {}
        if reply.status != 200:
            raise failure(reply, self._exchange.link.current(), "Get Block List")
        return dict(staged_lengths(reply.body))

    def send(self, blocks: Sequence[Block], connections: int = CONNECTIONS) -> None:
        """Have the server stage these blocks. Raises CoreshedError, OSError of the file."""
        in_parallel(self._send_block, blocks, connections, self._exchange.interrupt)

    def _send_block(self, block: Block) -> None:
        attempts = 0
        headers = {"Content-MD5": self._md5(block)} if self._stating else {}

        def request(connection: Connection, url: str) -> Reply:
            nonlocal attempts
            attempts += 1
            if attempts > 1:
                self._meter.again(block.length)
            target = target_of(url, f"comp=block&blockid={quote(encoded(block.name), safe='')}")
            return connection.send("PUT", target, headers=headers, body=self._pieces(block), length=block.length)

        def settled() -> Reply | None:
            return _THERE if self.staged().get(block.name) == block.length else None

        reply = self._exchange.ask(request, settled=settled)
        if reply.status != 201:
            raise of_refusal(reply, self._exchange.link.current(), "Put Block")
        self._exchange.patience.moved()
        self._meter.add(block.length)

    def _md5(self, block: Block) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self._pieces(block):
            digest.update(piece)
        return base64.b64encode(digest.digest()).decode()

    def _pieces(self, block: Block) -> Iterable[memoryview]:
        for piece in self._source.pieces(block.start, block.length):
            self._exchange.patience.check()
            yield piece

    def commit(self, blocks: Sequence[Block], sha256: str) -> None:
        """Publish them. Raises Mismatch where the server has other bytes, Overtaken, CoreshedError."""
        body = block_list(blocks)
        headers = {"Content-Type": "text/plain; charset=UTF-8", "x-coreshed-sha256": sha256}

        def request(connection: Connection, url: str) -> Reply:
            return connection.send(
                "PUT",
                target_of(url, "comp=blocklist"),
                headers=headers,
                body=[body],
                length=len(body),
                timeout=COMMIT_TIMEOUT,
            )

        self._exchange.patience.moved()  # the digest may have taken longer than the blocks
        reply = self._exchange.ask(request)
        if reply.status != 201:
            raise of_refusal(reply, self._exchange.link.current(), "Put Block List")
        self._exchange.patience.moved()


def of_refusal(reply: Reply, url: str, verb: str) -> CoreshedError:
    """The error that an answer to a verb of uploading is."""
    if reply.code in {"UnauthorizedBlobOverwrite", "InvalidBlockList", "BlobNotFound", "InvalidBlobOrBlock"}:
        return Overtaken(f"The upload cannot be gone on with ({reply.code}).", status=reply.status)
    if reply.code in _SAID:
        kind, said = _SAID[reply.code]
        return kind(said, status=reply.status, title=reply.code)
    return failure(reply, url, verb)
