"""The pages: sign-in, consent, device approval and sign-out, without JavaScript.

A form that changes something carries a token that is bound to a cookie of the same browser (the session, or before it a
cookie for this purpose alone), and what a browser says comes from another site is refused: Fetch metadata.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import Provide

from coreshed.database import Database
from coreshed.identity.issuer import authorizing, forms, pages
from coreshed.identity.issuer.authorizing import AskForConsent, AskToSignIn, Outcome, SendTo
from coreshed.identity.issuer.pages import Page
from coreshed.identity.issuer.refusals import InvalidRequest, OAuthRefusal, TooManyAttempts
from coreshed.identity.issuer.routes import BODY_LIMIT, Ask, Call, Here, address_of, form_of
from coreshed.identity.issuer.service import Issuer
from coreshed.problems import Problem, StoreFailure, TooLarge
from coreshed.routing import Router

_SESSION, _FORM = "coreshed_session", "coreshed_form"
_WRONG = "The address or the password is wrong."
_NO_DEVICE = "No device waits for this code."
_STALE = "The form was out of date. Please try again."
_OF_SIGN_OUT = ("post_logout_redirect_uri", "client_id", "state")


class Browser:
    """The cookies of a request, and those of its answer."""

    def __init__(self, request: Ask, issuer: Issuer) -> None:
        self._secure = request.scope["scheme"] == "https" or issuer.realms.evo.url.startswith("https:")
        # Bound to the host: no neighbour under the same domain can plant it.
        self._prefix = "__Host-" if self._secure else ""
        cookies = request.cookies
        self.session = cookies.get(self._prefix + _SESSION) or None
        self._form = cookies.get(self._prefix + _FORM) or None
        self._set: list[Cookie] = []

    @property
    def form_token(self) -> str:
        """What a form of the signed-in user carries."""
        return _token(self.session or "")

    @property
    def first_form_token(self) -> str:
        """What the sign-in form carries, when there is no session yet."""
        if self._form is None:
            self._form = secrets.token_urlsafe(32)
            self._set.append(self._cookie(_FORM, self._form, None))
        return _token(self._form)

    def sent(self, form: forms.Form, *, first: bool = False) -> bool:
        """True where the form is one that this browser was given."""
        expected = (self._form if first else self.session) or ""
        return bool(expected) and hmac.compare_digest(_token(expected).encode(), form.get("form_token", "").encode())

    def keep(self, session: str, seconds: int) -> None:
        """Sign in."""
        self._set.append(self._cookie(_SESSION, session, seconds))

    def forget(self) -> None:
        """Sign out."""
        self._set.append(self._cookie(_SESSION, "", 0))

    def show(self, page: Page, more: Mapping[str, str] | None = None) -> Response[bytes]:
        """A page."""
        headers = {**page.headers, **(more or {})}
        return Response(
            page.html,
            status_code=page.status,
            media_type="text/html",
            headers=headers,
            cookies=self._set,
        )

    def send(self, url: str, status: int = 302) -> Response[bytes]:
        """To another address."""
        headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return Response(b"", status_code=status, headers=headers, cookies=self._set)

    def _cookie(self, name: str, value: str, seconds: int | None) -> Cookie:
        return Cookie(
            key=self._prefix + name,
            value=value,
            path="/",
            max_age=seconds,
            httponly=True,
            secure=self._secure,
            samesite="lax",  # strict would hide it where an application sends the browser here
        )


def _token(cookie: str) -> str:
    return hmac.digest(cookie.encode(), b"form", hashlib.sha256).hex()


def _from_elsewhere(request: Ask) -> bool:
    return request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


def _after_sign_in(text: str) -> str:
    """Where to go after the sign-in: to one of two pages here, or nowhere else."""
    known = text.startswith((f"{authorizing.PATH}?", "/device?")) or text == "/device"
    return text if known and text.isascii() and text.isprintable() else "/connect/sign-in"


def _answer(browser: Browser, outcome: Outcome) -> Response[bytes]:
    match outcome:
        case SendTo(url):
            return browser.send(url)
        case AskToSignIn(asked):
            page = pages.sign_in(
                token=browser.first_form_token,
                following=f"{authorizing.PATH}?{asked.query}",
                application=asked.client.name,
                email=asked.form.get("login_hint", "")[:254],
                then=asked.redirect_uri,
            )
        case AskForConsent(asked, session, scopes):
            page = pages.consent(
                client=asked.client,
                scopes=scopes,
                email=session.email,
                query=asked.query,
                token=browser.form_token,
                then=asked.redirect_uri,
            )
    return browser.show(page)


@get(authorizing.PATH, include_in_schema=False)
async def authorize(request: Ask, call: Here) -> Response[bytes]:
    """A code for an application, after whatever the person has to do for it."""
    browser = Browser(request, call.issuer)
    outcome = await call.database.change(
        call.issuer.authorizing.authorize,
        query=request.scope["query_string"],
        cookie=browser.session,
        approved_by=await call.issuer.approving(request.scope, request.query_params.get("login_hint")),
    )
    return _answer(browser, outcome)


@post(authorizing.PATH, include_in_schema=False)
async def post_authorize(request: Ask, call: Here) -> Response[bytes]:
    """The same request as a form, led on to the one with a query.

    It comes from another site and so without the cookies; those a browser sends where it is led to. It changes nothing.
    """
    form = await form_of(request)
    return Browser(request, call.issuer).send(f"{authorizing.PATH}?{urlencode(form)}", 303)


@post("/connect/consent", include_in_schema=False)
async def give_consent(request: Ask, call: Here) -> Response[bytes]:
    """The answer of the consent page."""
    browser, form = Browser(request, call.issuer), await form_of(request)
    query = form.get("query", "").encode("ascii", "replace")
    if _from_elsewhere(request) or not browser.sent(form):
        raise InvalidRequest(_STALE)
    outcome = await call.database.change(
        call.issuer.authorizing.consent, query=query, cookie=browser.session, agree=form.get("decision") == "agree"
    )
    return _answer(browser, outcome)


@get("/connect/sign-in", include_in_schema=False)
async def sign_in_page(request: Ask, call: Here) -> Response[bytes]:
    """The sign-in form, or who is signed in."""
    browser = Browser(request, call.issuer)
    session = await call.database.run(call.issuer.signing_in.session, cookie=browser.session)
    if session is not None:
        return browser.show(pages.signed_in(email=session.email, token=browser.form_token))
    following = _after_sign_in(request.query_params.get("next", ""))
    return browser.show(await _sign_in_form(browser, call, following))


@post("/connect/sign-in", include_in_schema=False)
async def sign_in(request: Ask, call: Here) -> Response[bytes]:
    """Address and password; a right pair leads on to where the person was going."""
    browser, form = Browser(request, call.issuer), await form_of(request)
    following, email = _after_sign_in(form.get("next", "")), form.get("email", "").strip()[:320]

    if _from_elsewhere(request) or not browser.sent(form, first=True):
        return browser.show(await _sign_in_form(browser, call, following, email=email, wrong=_STALE, status=403))
    try:
        signed_in = await call.issuer.signing_in.sign_in(
            email=email, password=form.get("password", ""), address=address_of(request)
        )
    except TooManyAttempts as refusal:
        said = refusal.description
        page = await _sign_in_form(browser, call, following, email=email, wrong=said, status=refusal.status)
        return browser.show(page, {"Retry-After": str(refusal.retry_after)})
    if signed_in is None:
        page = await _sign_in_form(browser, call, following, email=email, wrong=_WRONG, invalid=True, status=401)
        return browser.show(page)
    browser.keep(signed_in.cookie, call.issuer.settings.session_lifetime)
    return browser.send(following, 303)


async def _sign_in_form(browser: Browser, call: Call, following: str, **more: Any) -> Page:
    """The sign-in page, which names the application that somebody is on the way to."""
    path, _, query = following.partition("?")
    asked = None
    if path == authorizing.PATH:
        asked = await call.database.run(call.issuer.authorizing.known, query.encode())
    return pages.sign_in(
        token=browser.first_form_token,
        following=following,
        application=None if asked is None else asked.client.name,
        then=None if asked is None else asked.redirect_uri,
        **more,
    )


@get("/device", include_in_schema=False)
async def device_page(request: Ask, call: Here) -> Response[bytes]:
    """Enter a code, then approve what it stands for."""
    browser = Browser(request, call.issuer)
    session = await call.database.run(call.issuer.signing_in.session, cookie=browser.session)
    user_code = forms.read(request.scope["query_string"]).get("user_code", "")[:64]
    if session is None:
        query = request.scope["query_string"].decode("ascii", "replace")
        following = _after_sign_in(f"/device?{query}" if query else "/device")
        return browser.show(pages.sign_in(token=browser.first_form_token, following=following))
    if not user_code:
        return browser.show(pages.device_code())
    try:
        waiting = await call.database.change(
            call.issuer.devices.waiting, user_code=user_code, address=address_of(request)
        )
    except TooManyAttempts as refusal:
        return _wait_for_device(browser, refusal)
    if waiting is None:
        return browser.show(pages.device_code(wrong=_NO_DEVICE, invalid=True, status=404))
    return browser.show(
        pages.device_approval(
            client=waiting.client,
            scopes=waiting.scopes,
            user_code=waiting.user_code,
            email=session.email,
            token=browser.form_token,
        )
    )


@post("/device", include_in_schema=False)
async def decide_device(request: Ask, call: Here) -> Response[bytes]:
    """Approve or deny."""
    browser, form = Browser(request, call.issuer), await form_of(request)
    session = await call.database.run(call.issuer.signing_in.session, cookie=browser.session)
    if session is None or _from_elsewhere(request) or not browser.sent(form):
        return browser.show(pages.device_code(wrong=_STALE, status=403))
    approve = form.get("decision") == "approve"
    try:
        decided = await call.database.change(
            call.issuer.devices.decide,
            session=session,
            user_code=form.get("user_code", ""),
            approve=approve,
            address=address_of(request),
        )
    except TooManyAttempts as refusal:
        return _wait_for_device(browser, refusal)
    if not decided:
        return browser.show(pages.device_code(wrong=_NO_DEVICE, invalid=True, status=404))
    if approve:
        return browser.show(pages.message("Device connected", "You can close this page and go back to your device."))
    return browser.show(pages.message("Device denied", "The device was not connected. You can close this page."))


def _wait_for_device(browser: Browser, refusal: TooManyAttempts) -> Response[bytes]:
    page = pages.device_code(wrong=refusal.description, status=refusal.status)
    return browser.show(page, {"Retry-After": str(refusal.retry_after)})


@get("/connect/endsession", include_in_schema=False)
async def sign_out_page(request: Ask, call: Here) -> Response[bytes]:
    """End the session, at once where the application proves whose it is, else after a question."""
    browser, form = Browser(request, call.issuer), forms.read(request.scope["query_string"])
    session = await call.database.run(call.issuer.signing_in.session, cookie=browser.session)
    if session is None:
        return await _signed_out(browser, call, form)
    leaving = await call.database.run(call.issuer.leaving, form=form)
    if leaving.user_id == session.user_id:
        return await _sign_out(browser, call, form)
    following = leaving.kept(form)
    return browser.show(
        pages.sign_out(email=session.email, token=browser.form_token, following=following, then=leaving.redirect_uri)
    )


@post("/connect/endsession", include_in_schema=False)
async def sign_out(request: Ask, call: Here) -> Response[bytes]:
    """The answer of the sign-out page."""
    browser, form = Browser(request, call.issuer), await form_of(request)
    if _from_elsewhere(request):
        # Whose session it is stays unknown: cookies do not come along with such a form. The question finds out.
        kept = {name: form[name] for name in (*_OF_SIGN_OUT, "id_token_hint") if name in form}
        return browser.send(f"/connect/endsession?{urlencode(kept)}", 303)
    if browser.session is None:
        return await _signed_out(browser, call, form)
    if not browser.sent(form):
        raise InvalidRequest(_STALE)
    return await _sign_out(browser, call, form)


async def _sign_out(browser: Browser, call: Call, form: forms.Form) -> Response[bytes]:
    await call.database.change(call.issuer.signing_in.sign_out, cookie=browser.session)
    browser.forget()
    return await _signed_out(browser, call, form)


async def _signed_out(browser: Browser, call: Call, form: forms.Form) -> Response[bytes]:
    url = (await call.database.run(call.issuer.leaving, form=form)).url(form)
    if url is not None:
        return browser.send(url, 303)
    return browser.show(pages.message("Signed out", "You are signed out in this browser. You can close this page."))


def _refuse(_request: Request[Any, Any, Any], refusal: OAuthRefusal) -> Response[bytes]:
    page = pages.message("This cannot be done", refusal.description, status=max(refusal.status, 400))
    return Response(page.html, status_code=page.status, media_type="text/html", headers=dict(page.headers))


def _fail(_request: Request[Any, Any, Any], problem: Problem) -> Response[bytes]:
    status = 413 if isinstance(problem, TooLarge) else 502 if isinstance(problem, StoreFailure) else 500
    page = pages.message("Something went wrong", problem.detail, status=status)
    return Response(page.html, status_code=page.status, media_type="text/html", headers=dict(page.headers))


PAGES = [
    authorize,
    post_authorize,
    give_consent,
    sign_in_page,
    sign_in,
    device_page,
    decide_device,
    sign_out_page,
    sign_out,
]


def router(*, issuer: Issuer, database: Database) -> Router:
    """The pages over an issuer."""

    async def call() -> Call:
        return Call(issuer, database)

    return Router(
        "/",
        route_handlers=PAGES,
        dependencies={"call": Provide(call)},
        exception_handlers={OAuthRefusal: _refuse, Problem: _fail},
        request_max_body_size=BODY_LIMIT,
    )
