"""Sending calls over httpx: one class that waits and one that awaits."""

import ssl
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from coreshed.client import errors
from coreshed.client.calls import Answer, Call, Flow

T = TypeVar("T")
_TIMEOUT = httpx.Timeout(60.0, connect=20.0)
_RETRIES = 2  # of connecting alone: nothing has been sent then


def _options(token: str | httpx.Auth | None, trust: ssl.SSLContext) -> dict[str, Any]:
    # Variables for proxies are not followed: the Evo SDK ignores them too.
    headers = {"Accept": "application/json", "User-Agent": "coreshed-client"}
    if isinstance(token, str):
        headers["Authorization"] = f"Bearer {token}"
    auth = token if isinstance(token, httpx.Auth) else None
    return {"headers": headers, "auth": auth, "timeout": _TIMEOUT, "trust_env": False, "verify": trust}


def _answer(response: httpx.Response) -> Answer:
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def _unreachable(call: Call[Any], error: httpx.HTTPError) -> errors.Unreachable:
    parts = urlsplit(call.url)
    said = str(error) or type(error).__name__
    return errors.Unreachable(f"{parts.scheme}://{parts.netloc} does not answer: {said}")


class Sender:
    """Sends calls and waits for the answers; may be used by several threads at once. token: text, or what renews it."""

    def __init__(self, *, token: str | httpx.Auth | None, trust: ssl.SSLContext) -> None:
        transport = httpx.HTTPTransport(verify=trust, retries=_RETRIES, trust_env=False)
        self._http = httpx.Client(transport=transport, **_options(token, trust))

    def send(self, call: Call[T]) -> T:
        """The call's result. Raises CoreshedError."""
        try:
            response = self._http.request(call.method, call.full_url, content=call.body, headers=dict(call.headers))
        except httpx.HTTPError as error:
            raise _unreachable(call, error) from error
        except httpx.InvalidURL as error:
            raise errors.Invalid(f"This is no URL of a server: {error}") from error
        return call.result(_answer(response))

    def run(self, flow: Flow[T]) -> T:
        """Its result, all its calls sent. Raises CoreshedError."""
        try:
            call = next(flow)
            while True:
                try:
                    result = self.send(call)
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
        try:
            response = await self._http.request(
                call.method, call.full_url, content=call.body, headers=dict(call.headers)
            )
        except httpx.HTTPError as error:
            raise _unreachable(call, error) from error
        except httpx.InvalidURL as error:
            raise errors.Invalid(f"This is no URL of a server: {error}") from error
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
