"""Calling operations: what the generated methods, the commands and `client.operation` share."""

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from coreshed.client.calls import Call, Flow, ask, reads
from coreshed.client.session import Session

if TYPE_CHECKING:
    from coreshed.client.senders import AsyncSender, Sender

T = TypeVar("T")
_GOOD = frozenset({200, 201, 202})


class Field(msgspec.Struct, frozen=True):
    """A member of an input. kind: `text`, `integer`, `number`, `truth`, or `json` for what has parts of its own.

    many: a list of such values. about: what it is for and what it may be.
    """

    name: str
    kind: str
    required: bool = False
    many: bool = False
    about: str = ""


class Known(msgspec.Struct, frozen=True):
    """An operation that this version of the client knows."""

    id: str
    summary: str
    scope: str | None
    side_effect: str
    fields: tuple[Field, ...] = ()


def call(session: Session, operation_id: str, body: Any, answer: Any, key: str | None = None) -> Flow[Any]:
    """One operation; members that are UNSET are not sent. Raises CoreshedError."""
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if value is not msgspec.UNSET}
    sent = msgspec.json.encode(body)
    url = f"{session.url}/v1/op/{quote(operation_id, safe='')}"
    return (yield from ask(Call("POST", url, reads(answer), body=sent, good=_GOOD, headers=headers)))


class Resource:
    """Operations of one resource, for a program that waits."""

    def __init__(self, sender: "Sender", session: Session) -> None:
        self._sender, self._session = sender, session

    def _call(self, operation_id: str, body: dict[str, Any], answer: type[T], key: str | None = None) -> T:
        found: T = self._sender.run(call(self._session, operation_id, body, answer, key))
        return found

    def _ask(self, operation_id: str, body: dict[str, Any], key: str | None = None) -> Any:
        return self._sender.run(call(self._session, operation_id, body, Any, key))


class AsyncResource:
    """The same for an event loop."""

    def __init__(self, sender: "AsyncSender", session: Session) -> None:
        self._sender, self._session = sender, session

    async def _call(self, operation_id: str, body: dict[str, Any], answer: type[T], key: str | None = None) -> T:
        found: T = await self._sender.run(call(self._session, operation_id, body, answer, key))
        return found

    async def _ask(self, operation_id: str, body: dict[str, Any], key: str | None = None) -> Any:
        return await self._sender.run(call(self._session, operation_id, body, Any, key))
