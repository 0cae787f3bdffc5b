"""Sending the blocks of a file and publishing them."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from coreshed.client.errors import CoreshedError, Mismatch
from coreshed.client.transfers.blocks import Block, block_list, encoded, staged_lengths
from coreshed.client.transfers.connection import COMMIT_TIMEOUT, Connection, Reply, target_of
from coreshed.client.transfers.link import Exchange, failure
from coreshed.client.transfers.meter import Meter
from coreshed.client.transfers.parallel import in_parallel
from coreshed.client.transfers.source import Source

CONNECTIONS = 4
_THERE = Reply(201, {}, b"")


class Overtaken(CoreshedError):
    """The upload cannot be finished: somebody else did, or its blocks are gone. Another one can be begun."""


class Upload:
    """One attempt to bring a source to where a link leads."""

    def __init__(self, exchange: Exchange, source: Source, meter: Meter) -> None:
        self._exchange, self._source, self._meter = exchange, source, meter

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

        def request(connection: Connection, url: str) -> Reply:
            nonlocal attempts
            attempts += 1
            if attempts > 1:
                self._meter.again(block.length)
            target = target_of(url, f"comp=block&blockid={quote(encoded(block.name), safe='')}")
            return connection.send("PUT", target, body=self._pieces(block), length=block.length)

        def settled() -> Reply | None:
            return _THERE if self.staged().get(block.name) == block.length else None

        reply = self._exchange.ask(request, settled=settled)
        if reply.status != 201:
            raise _of_refusal(reply, self._exchange.link.current(), "Put Block")
        self._exchange.patience.moved()
        self._meter.add(block.length)

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
        if reply.code == "Sha256Mismatch":
            raise Mismatch("The server has other bytes than the file; nothing was published.", status=reply.status)
        if reply.status != 201:
            raise _of_refusal(reply, self._exchange.link.current(), "Put Block List")
        self._exchange.patience.moved()


def _of_refusal(reply: Reply, url: str, verb: str) -> CoreshedError:
    if reply.code in {"UnauthorizedBlobOverwrite", "InvalidBlockList", "BlobNotFound", "InvalidBlobOrBlock"}:
        return Overtaken(f"The upload cannot be gone on with ({reply.code}).", status=reply.status)
    return failure(reply, url, verb)
