"""The pages a person sees: plain HTML, no script, nothing from elsewhere.

Whatever comes from outside goes through `escape`. The style is inline and allowed by its digest alone; forms may be
sent here and, because browsers apply that rule to what a form redirects to, to the application that is being signed in
to. No page may be framed.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from coreshed.identity.issuer.ledger import Client

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --soft: #595959; --line: #767676; --act: #0b5394;
  --on: #ffffff; --bad: #a4000f; }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f2; --paper: #1b1b1b; --soft: #c8c8c8; --line: #a0a0a0;
  --act: #9cc7f5; --on: #10202f; --bad: #ffb3b3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 10vh auto 4rem; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input:not([type=hidden]) { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: var(--paper);
  border: 1px solid var(--line); border-radius: .3rem; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.25rem; margin: 1.25rem .75rem 0 0;
  border: 2px solid var(--act); border-radius: .3rem; background: var(--act); color: var(--on); cursor: pointer; }
button.second { background: transparent; color: var(--act); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 3px; }
.alert { border-left: .3rem solid var(--bad); padding: .25rem .75rem; color: var(--bad); }
.soft { color: var(--soft); }
code { font-size: 1.15em; letter-spacing: .08em; overflow-wrap: anywhere; }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SCHEME, _HOST = re.compile(r"[a-z][a-z0-9+.-]*"), re.compile(r"[a-z0-9][a-z0-9.-]*")
_MEANINGS = {
    "openid": "know who you are",
    "profile": "see your name",
    "email": "see your address",
    "offline_access": "stay signed in while you are away",
    "evo.audit": "read the audit trail",
    "evo.blocksync": "read and change block models",
    "evo.discovery": "see which organisations you belong to",
    "evo.file": "read and change files",
    "evo.object": "read and change geoscience objects",
    "evo.workspace": "read and change workspaces",
    "*": "do everything that you may do",
}


@dataclass(frozen=True, slots=True)
class Page:
    """HTML and the headers it is sent with."""

    html: bytes
    headers: Mapping[str, str]
    status: int = 200


def _page(title: str, body: str, *, status: int = 200, then: str | None = None) -> Page:
    """then: the redirect of the application that a form on the page may lead to."""
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)} - Coreshed</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{_source(then)}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Page(text.encode(), headers, status)


def _source(redirect_uri: str | None) -> str:
    """The origin of a redirect as a source of a policy; of IPv6 addresses policies know nothing."""
    if redirect_uri is None:
        return ""
    try:
        parts = urlsplit(redirect_uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if _SCHEME.fullmatch(parts.scheme) is None:
        return ""
    if parts.scheme not in {"http", "https"} or ":" in host:
        return f" {parts.scheme}:"
    # Nothing else may stand there: it goes into a header.
    return f" {parts.scheme}://{host}" + ("" if port is None else f":{port}") if _HOST.fullmatch(host) else ""


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(fields[name])}">' for name in fields)


def sign_in(
    *,
    token: str,
    following: str,
    application: str | None = None,
    email: str = "",
    wrong: str = "",
    invalid: bool = False,
    status: int = 200,
    then: str | None = None,
) -> Page:
    """The sign-in form; wrong: what to say of the last attempt, invalid: the pair is what was wrong with it."""
    alert, described = _said(wrong, invalid)
    to = f'<p class="soft">to continue to {escape(application)}</p>' if application else ""
    focus_email, focus_password = ("", " autofocus") if email else (" autofocus", "")
    body = (
        f'{to}{alert}<form method="post" action="/connect/sign-in">{_hidden({"form_token": token, "next": following})}'
        '<label for="email">Email address</label>'
        f'<input id="email" name="email" type="text" inputmode="email" autocomplete="username" required'
        f' value="{escape(email)}"{described}{focus_email}>'
        '<label for="password">Password</label>'
        f'<input id="password" name="password" type="password" autocomplete="current-password" required'
        f"{described}{focus_password}>"
        "<button>Sign in</button></form>"
    )
    return _page("Sign in", body, status=status, then=then)


def signed_in(*, email: str, token: str) -> Page:
    """Nothing else to do here."""
    body = (
        f"<p>You are signed in as <strong>{escape(email)}</strong>.</p>"
        f'<form method="post" action="/connect/endsession">{_hidden({"form_token": token})}'
        "<button>Sign out</button></form>"
    )
    return _page("Signed in", body)


def consent(*, client: Client, scopes: Sequence[str], email: str, query: str, token: str, then: str) -> Page:
    """What an application wants, and from whom."""
    body = (
        f"<p><strong>{escape(client.name)}</strong> wants to act for you, {escape(email)}. It would be able to:</p>"
        f'{_wishes(scopes)}<form method="post" action="/connect/consent">'
        f"{_hidden({'form_token': token, 'query': query})}"
        '<button name="decision" value="agree">Agree</button>'
        '<button class="second" name="decision" value="refuse">Refuse</button></form>'
    )
    return _page("Do you agree?", body, then=then)


def _said(wrong: str, invalid: bool) -> tuple[str, str]:
    """A sentence about the last attempt, and the attributes of the fields that it is about.

    invalid: what was entered is wrong; otherwise the same may be entered again.
    """
    if not wrong:
        return "", ""
    described = ' aria-describedby="wrong"' + (' aria-invalid="true"' if invalid else "")
    return f'<p class="alert" role="alert" id="wrong">{escape(wrong)}</p>', described


def device_code(*, wrong: str = "", invalid: bool = False, status: int = 200) -> Page:
    """Where a person enters what their device shows."""
    alert, described = _said(wrong, invalid)
    body = (
        f'{alert}<form method="get" action="/device"><label for="user_code">Code that your device shows</label>'
        '<input id="user_code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false"'
        f" required autofocus{described}>"
        "<button>Continue</button></form>"
    )
    return _page("Connect a device", body, status=status)


def device_approval(*, client: Client, scopes: Sequence[str], user_code: str, email: str, token: str) -> Page:
    """What the device wants. The code is shown again: only who sees it on their device shall approve."""
    body = (
        f"<p><strong>{escape(client.name)}</strong> on the device that shows</p><p><code>{escape(user_code)}</code></p>"
        f"<p>wants to act for you, {escape(email)}. It would be able to:</p>{_wishes(scopes)}"
        '<p class="alert">Approve only if you began this yourself and your device shows the same code.</p>'
        f'<form method="post" action="/device">{_hidden({"form_token": token, "user_code": user_code})}'
        '<button name="decision" value="approve">Approve</button>'
        '<button class="second" name="decision" value="deny">Deny</button></form>'
    )
    return _page("Connect a device", body)


def sign_out(*, email: str, token: str, following: Mapping[str, str], then: str | None) -> Page:
    """A question, because any other site can send a browser here; then: a redirect that is registered."""
    body = (
        f"<p>You are signed in as <strong>{escape(email)}</strong>.</p>"
        f'<form method="post" action="/connect/endsession">{_hidden({"form_token": token, **following})}'
        "<button>Sign out</button></form>"
    )
    return _page("Sign out?", body, then=then)


def message(title: str, text: str, *, status: int = 200) -> Page:
    """A sentence."""
    role = ' class="alert" role="alert"' if status >= 400 else ' role="status"'
    return _page(title, f"<p{role}>{escape(text)}</p>", status=status)


def _wishes(scopes: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(_MEANINGS.get(scope, scope))}</li>" for scope in scopes)
    return f"<ul>{items}</ul>"
