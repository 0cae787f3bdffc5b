"""The endpoints that programs call: tokens, keys, and questions about them."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post, route
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import SkipValidation

from coreshed.database import Database
from coreshed.identity.addresses import is_reserved
from coreshed.identity.issuer import forms, realms
from coreshed.identity.issuer.realms import PROTOCOL, PUBLIC_PREFIX, Realm
from coreshed.identity.issuer.refusals import InvalidToken, OAuthRefusal, TooManyAttempts
from coreshed.identity.issuer.service import Issuer
from coreshed.identity.issuer.wire import names_of
from coreshed.problems import MissingCredentials, Problem, StoreFailure, TooLarge
from coreshed.routing import Router

Ask: TypeAlias = Request[Any, Any, Any]
BODY_LIMIT = 1 << 16

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
# Programs in browsers read metadata and keys from other origins; nothing there is anybody's own.
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler works with."""

    issuer: Issuer
    database: Database

    def realm(self, request: Ask) -> Realm:
        """The realm whose path this is."""
        found = self.issuer.realms
        return found.public if request.scope["path"].startswith(PUBLIC_PREFIX) else found.evo


Here: TypeAlias = NamedDependency[SkipValidation[Call]]


async def form_of(request: Ask) -> dict[str, str]:
    """The form of a request's body, whatever it calls its content. Raises InvalidRequest."""
    try:
        return forms.read(await request.body())
    except HTTPException as error:
        if error.status_code == 413:
            raise TooLarge from error
        raise


def address_of(request: Ask) -> str:
    """Where a request comes from, as far as the proxies that the server trusts say so."""
    client = request.scope.get("client")
    return client[0] if client else ""


def _json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        msgspec.json.encode(content), status_code=status, media_type="application/json", headers=headers or _NO_STORE
    )


@post(["/connect/token", f"{PROTOCOL}/token"], include_in_schema=False)
async def give_token(request: Ask, call: Here) -> Response[bytes]:
    """Tokens for a code, a refresh token, a device code or an application's own secret."""
    form = await form_of(request)
    authorization = request.headers.get("authorization")
    given = await call.database.change(
        call.issuer.tokens.token, realm=call.realm(request), form=form, authorization=authorization
    )
    return _json(given)


@post(["/connect/deviceauthorization", f"{PROTOCOL}/auth/device"], include_in_schema=False)
async def begin_device(request: Ask, call: Here) -> Response[bytes]:
    """Codes for a device and for its user."""
    form = await form_of(request)
    given = await call.database.change(
        call.issuer.devices.begin,
        realm=call.realm(request),
        form=form,
        authorization=request.headers.get("authorization"),
        address=address_of(request),
        approved_by=await call.issuer.approving(request.scope, None),
    )
    return _json(given)


@post(["/connect/introspect", f"{PROTOCOL}/token/introspect"], include_in_schema=False)
async def introspect(request: Ask, call: Here) -> Response[bytes]:
    """Whether a token is in force, and what it says."""
    form = await form_of(request)
    said = await call.database.run(
        call.issuer.tokens.introspect,
        realm=call.realm(request),
        form=form,
        authorization=request.headers.get("authorization"),
    )
    return _json(said)


@post(["/connect/revocation", f"{PROTOCOL}/revoke", f"{PROTOCOL}/logout"], include_in_schema=False)
async def revoke(request: Ask, call: Here) -> Response[bytes]:
    """End what a token belongs to. A logout answers 204."""
    form = await form_of(request)
    leaving = request.scope["path"].endswith("/logout")
    await call.database.change(
        call.issuer.tokens.revoke,
        realm=call.realm(request),
        form=form,
        authorization=request.headers.get("authorization"),
        leaving=leaving,
    )
    return Response(b"", status_code=204 if leaving else 200, headers=_NO_STORE)


@route(["/connect/userinfo", f"{PROTOCOL}/userinfo"], http_method=["GET", "POST"], include_in_schema=False)
async def userinfo(request: Ask, call: Here) -> Response[bytes]:
    """Who the credential belongs to; an API key is as good as a token."""
    headers = request.headers
    caller = await call.issuer.identity.principal(headers.get("authorization"), headers.get("x-api-key"))
    scope = () if caller.claims is None else caller.claims.scope
    said: dict[str, Any] = {
        "sub": caller.user_id,
        "email": caller.email,
        "email_verified": not is_reserved(caller.email),
        "scope": " ".join(scope or sorted(caller.grants)),
    }
    if call.realm(request).name == realms.PUBLIC:
        said |= realms.principal_claims(caller.user_id, caller.organisation_roles)
        said["default_project_id"] = await call.database.run(call.issuer.default_project, caller)
    return _json(said | names_of(caller.name))


@get(
    [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        f"{PUBLIC_PREFIX}/.well-known/openid-configuration",
    ],
    include_in_schema=False,
)
async def metadata(request: Ask, call: Here) -> Response[bytes]:
    """OpenID Connect discovery."""
    return _json(realms.metadata(call.realm(request)), headers=_FOR_ALL)


@get(["/.well-known/jwks.json", f"{PROTOCOL}/certs"], include_in_schema=False)
async def signing_keys(call: Here) -> Response[bytes]:
    """The public keys, of both realms the same."""
    return _json(await call.database.run(call.issuer.keys.jwks), headers=_FOR_ALL)


def _refuse(request: Ask, refusal: OAuthRefusal) -> Response[bytes]:
    headers = dict(_NO_STORE)
    if isinstance(refusal, TooManyAttempts):
        headers["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401 and request.headers.get("authorization") is not None:
        headers["WWW-Authenticate"] = "Basic"
    return _json({"error": refusal.error, "error_description": refusal.description}, refusal.status, headers)


def _fail(_request: Ask, problem: Problem) -> Response[bytes]:
    """What went wrong outside of the protocol, still as the object that its clients can read."""
    if isinstance(problem, MissingCredentials):
        said = {"error": InvalidToken.error, "error_description": InvalidToken.sentence}
        return _json(said, InvalidToken.status, {**_NO_STORE, "WWW-Authenticate": "Bearer"})
    if isinstance(problem, StoreFailure):  # 502: the Evo SDK asks again
        return _json({"error": "temporarily_unavailable", "error_description": problem.detail}, 502)
    if isinstance(problem, TooLarge):
        return _json({"error": "invalid_request", "error_description": problem.detail}, 413)
    return _json({"error": "server_error", "error_description": problem.detail}, 500)


ENDPOINTS = [give_token, begin_device, introspect, revoke, userinfo, metadata, signing_keys]


def router(*, issuer: Issuer, database: Database) -> Router:
    """The endpoints over an issuer."""

    async def call() -> Call:
        return Call(issuer, database)

    return Router(
        "/",
        route_handlers=ENDPOINTS,
        dependencies={"call": Provide(call)},
        exception_handlers={OAuthRefusal: _refuse, Problem: _fail},
        request_max_body_size=BODY_LIMIT,
    )
