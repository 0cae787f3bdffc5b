"""Renewing what a sign-in gives. Loads httpx, and is itself loaded where a sign-in is used."""

import threading
import time
from collections.abc import Generator

import httpx
import msgspec

from coreshed.client import profiles
from coreshed.client.errors import CoreshedError
from coreshed.client.profiles import Profile, Tokens, bearer
from coreshed.client.sign_in import CLIENT_ID, Granted

_SOON_SECONDS = 60.0  # a token that ends this soon is renewed before it is used


class Renewing(httpx.Auth):
    """The access token of a profile, renewed when it ends or is refused; the new one is kept in the profile."""

    requires_response_body = True

    def __init__(self, profile: Profile, name: str | None) -> None:
        assert isinstance(profile.credential, Tokens)  # noqa: S101  (keys are not renewed)
        self._profile = profile
        self._tokens: Tokens = profile.credential
        self._name = name
        self._turn = threading.Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token that is good; once more where the server thinks otherwise."""
        ends_soon = self._tokens.expires_at - time.time() < _SOON_SECONDS
        if ends_soon:
            yield from self._renew(self._tokens)
        sent = self._tokens
        request.headers["Authorization"] = bearer(sent.token)
        response = yield request
        if response.status_code == 401 and not ends_soon:
            yield from self._renew(sent)
            # In any case: the answer to what is yielded last is the caller's.
            request.headers["Authorization"] = bearer(self._tokens.token)
            yield request

    def _renew(self, old: Tokens) -> Generator[httpx.Request, httpx.Response, None]:
        """Where another thread or program has renewed it meanwhile, take what it has got."""
        with self._turn:
            kept = profiles.load(self._name)
            if kept is not None and kept.url == self._profile.url and isinstance(kept.credential, Tokens):
                self._tokens = kept.credential
            current = self._tokens
        if current != old or current.refresh_token is None:
            return
        form = {"grant_type": "refresh_token", "refresh_token": current.refresh_token, "client_id": CLIENT_ID}
        response = yield httpx.Request("POST", f"{self._profile.url}/connect/token", data=form)
        if response.status_code == 200:
            self._keep(msgspec.json.decode(response.content, type=Granted).tokens(current))

    def _keep(self, tokens: Tokens) -> None:
        with self._turn:
            self._tokens = tokens
            kept = profiles.load(self._name)
            if kept is not None and kept.url == self._profile.url:
                try:
                    profiles.save(msgspec.structs.replace(kept, credential=tokens), self._name)
                except CoreshedError:
                    return  # the directory cannot be written: this process goes on with what it has
