"""Parameters of OAuth requests: each at most once, an empty one is an absent one."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from coreshed.identity.issuer.refusals import InvalidClient, InvalidRequest

_MOST_FIELDS = 64
Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Presented:
    """Who an application says it is; `secret` None: it says nothing to prove it."""

    client_id: str
    secret: str | None


def read(encoded: bytes) -> dict[str, str]:
    """The fields of a form body or a query string. Raises InvalidRequest.

    NUL is refused here: PostgreSQL would refuse it later, and no parameter has one.
    """
    try:
        text = encoded.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidRequest("The parameters are not form-urlencoded UTF-8.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidRequest(f"The parameter {_ascii(name)} is repeated.")
        if "\0" in name or "\0" in value:
            raise InvalidRequest("A parameter contains NUL.")
        found[name] = value
    return {name: value for name, value in found.items() if value}


def required(form: Form, name: str) -> str:
    """The value. Raises InvalidRequest naming what is missing."""
    value = form.get(name)
    if value is None:
        raise InvalidRequest(f"The parameter {name} is missing.")
    return value


def presented(form: Form, authorization: str | None) -> Presented:
    """The application of a request, from its body or from HTTP Basic. Raises InvalidClient, InvalidRequest."""
    scheme, _, encoded = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return Presented(required(form, "client_id"), form.get("client_secret"))
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise InvalidClient from None
    client_id, secret = unquote_plus(client_id), unquote_plus(secret)
    if not colon or not client_id or "\0" in client_id + secret or form.get("client_id", client_id) != client_id:
        raise InvalidClient
    return Presented(client_id, secret or None)


def scopes(form: Form) -> list[str]:
    """The scopes asked for, each once, in alphabetical order."""
    return sorted(set(form.get("scope", "").split()))


def _ascii(text: str) -> str:
    return text[:40].encode("ascii", "replace").decode().replace('"', "?").replace("\\", "?")
