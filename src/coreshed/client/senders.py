"""Sending calls over httpx: one class that waits and one that awaits."""

import asyncio
import ssl
import time
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from coreshed.client import errors
from coreshed.client.calls import Answer, Call, Flow
from coreshed.client.profiles import bearer
from coreshed.client.transfers.link import passing
from coreshed.client.transfers.patience import Patience

T = TypeVar("T")
_TIMEOUT = httpx.Timeout(60.0, connect=20.0)
_CLOSED = "The client was closed: make another one."
# RuntimeError is what a closed client raises.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, UnicodeEncodeError, RuntimeError)
_RETRIES = 2  # of connecting alone: nothing has been sent then


def _options(token: str | httpx.Auth | None, trust: ssl.SSLContext) -> dict[str, Any]:
    # Variables for proxies are not followed: the Evo SDK ignores them too.
    headers = {"Accept": "application/json", "User-Agent": "coreshed-client"}
    if isinstance(token, str):
        headers["Authorization"] = bearer(token)
    auth = token if isinstance(token, httpx.Auth) else None
    return {"headers": headers, "auth": auth, "timeout": _TIMEOUT, "trust_env": False, "verify": trust}


def _answer(response: httpx.Response) -> Answer:
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def _failed(call: Call[Any], error: Exception) -> errors.CoreshedError:
    """What became of a request without an answer. Raises the error itself where it is of nobody's making here."""
    if isinstance(error, httpx.InvalidURL):
        return errors.Invalid(f"This is no URL of a server: {error}")
    if isinstance(error, (httpx.LocalProtocolError, UnicodeEncodeError)):  # their texts hold headers, with credentials
        return errors.Invalid("The request cannot be sent: a header has characters that are not allowed there.")
    if not isinstance(error, httpx.HTTPError):
        raise error
    parts = urlsplit(call.url)
    said = str(error) or type(error).__name__
    return errors.Unreachable(f"{parts.scheme}://{parts.netloc} does not answer: {said}")


class Sender:
    """Sends calls and waits for the answers; may be used by several threads at once. token: text, or what renews it."""

    def __init__(self, *, token: str | httpx.Auth | None, trust: ssl.SSLContext) -> None:
        transport = httpx.HTTPTransport(verify=trust, retries=_RETRIES, trust_env=False)
        self._http = httpx.Client(transport=transport, **_options(token, trust))
        self._answered = False

    def send(self, call: Call[T]) -> T:
        """The call's result. Raises CoreshedError."""
        if self._http.is_closed:
            raise errors.Invalid(_CLOSED)
        if call.after:
            time.sleep(call.after)
        try:
            response = self._http.request(call.method, call.full_url, content=call.body, headers=dict(call.headers))
        except _FAILURES as error:
            if self._http.is_closed:
                raise errors.Invalid(_CLOSED) from error
            raise _failed(call, error) from None
        self._answered = True
        return call.result(_answer(response))

    def _persist(self, call: Call[T], patience: Patience) -> T:
        """The call's result, asked for again while the server is away; one that has never answered is not waited for.

        What is no progress for the transfer, such as a digest that takes long, must not count as the server's fault.
        """
        patience.moved()
        attempt = 0
        while True:
            patience.check()
            try:
                return self.send(call)
            except errors.CoreshedError as error:
                away = isinstance(error, errors.Unreachable) or (error.status is not None and passing(error.status))
                if not away or not self._answered:
                    raise
                patience.wait(attempt, urlsplit(call.url).netloc, error)
                attempt += 1

    def run(self, flow: Flow[T], patience: Patience | None = None) -> T:
        """Its result, all its calls sent. patience: with a server that is away. Raises CoreshedError, Stopped."""
        try:
            call = next(flow)
            while True:
                try:
                    result = self.send(call) if patience is None else self._persist(call, patience)
                except errors.CoreshedError as error:
                    call = flow.throw(error)
                else:
                    call = flow.send(result)
        except StopIteration as end:
            found: T = end.value
            return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncSender:
    """The same for a running event loop."""

    def __init__(self, *, token: str | httpx.Auth | None, trust: ssl.SSLContext) -> None:
        transport = httpx.AsyncHTTPTransport(verify=trust, retries=_RETRIES, trust_env=False)
        self._http = httpx.AsyncClient(transport=transport, **_options(token, trust))

    async def send(self, call: Call[T]) -> T:
        """The call's result. Raises CoreshedError."""
        if self._http.is_closed:
            raise errors.Invalid(_CLOSED)
        if call.after:
            await asyncio.sleep(call.after)
        try:
            response = await self._http.request(
                call.method, call.full_url, content=call.body, headers=dict(call.headers)
            )
        except _FAILURES as error:
            if self._http.is_closed:
                raise errors.Invalid(_CLOSED) from error
            raise _failed(call, error) from None
        return call.result(_answer(response))

    async def run(self, flow: Flow[T]) -> T:
        """Its result, all its calls sent. Raises CoreshedError."""
        try:
            call = next(flow)
            while True:
                try:
                    result = await self.send(call)
                except errors.CoreshedError as error:
                    call = flow.throw(error)
                else:
                    call = flow.send(result)
        except StopIteration as end:
            found: T = end.value
            return found

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
