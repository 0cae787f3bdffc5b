"""Signed URLs of blobs: made for clients, verified by the data plane."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar
from urllib.parse import parse_qsl, quote

from coreshed.blobs.refusals import Refusal
from coreshed.blobs.signing import SIGNED, SigningKeys, matches, sign, upload_session
from coreshed.clock import NANOSECONDS, Clock, iso_seconds, parse_iso

# azure-storage-blob drops query keys that are not SAS keys, so all of ours are; `si` carries the upload session.
_VERSION = "2024-11-04"
_PATH = re.compile(r"/blob/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


_SAFE = re.compile(r"[A-Za-z0-9_.~-]*")


def _quoted(value: str) -> str:
    """`quote` with nothing left as it is, without its price for the many values that need none."""
    return value if _SAFE.fullmatch(value) else _encoded(value)


@lru_cache(maxsize=1024)
def _encoded(value: str) -> str:
    return quote(value, safe="")


@dataclass(frozen=True, slots=True)
class Query:
    """A decoded query string; keys that occur twice are named in `repeated`."""

    values: dict[str, str]
    repeated: frozenset[str]

    def get(self, name: str) -> str:
        """The value, empty where absent."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified link allows: reading, or writing into one session.

    person: id of the user whom it was made for, empty where nobody asks later what they may.
    """

    workspace_id: str
    blob_id: str
    writes: bool
    session: str
    disposition: str
    content_type: str
    person: str = ""


class SignedLinks:
    """URLs of one dialect. Making and checking one is arithmetic; keys come from their cache."""

    dialect: ClassVar[str]

    def __init__(self, *, keys: SigningKeys, clock: Clock, origin: str, lifetime: int, backdate: int) -> None:
        self._keys = keys
        self._clock = clock
        self._origin = origin.rstrip("/")
        self._lifetime_ns = lifetime * NANOSECONDS
        self._backdate_ns = backdate * NANOSECONDS

    def verify(self, path: str, query: Query) -> Grant:
        """What the link allows now; the path as it came. Raises Refusal."""
        raise NotImplementedError

    def key_is_unknown(self, query: Query) -> bool:
        """True where a look into the database may find the key that signed this link."""
        return bool(query.get("skoid")) and self._keys.find(query.get("skoid")) is None

    def refresh_keys(self) -> None:
        """Read the keys anew."""
        self._keys.refresh()

    def _signed(self, path: str, values: Mapping[str, str], lifetime: int = 0) -> str:
        """The URL of a decoded path; lifetime: seconds, 0 for that of this dialect."""
        now_ns = self._clock.now_ns()
        key = self._keys.current()
        fields = {
            "sv": _VERSION,
            "st": iso_seconds(now_ns - self._backdate_ns),
            "se": iso_seconds(now_ns + (lifetime * NANOSECONDS or self._lifetime_ns)),
            "sr": "b",
            "skoid": key.id,
            **values,
        }
        fields["sig"] = sign(key.secret, self.dialect, path, fields)
        return f"{self._origin}{quote(path)}?{'&'.join(f'{name}={_quoted(value)}' for name, value in fields.items())}"

    def _check(self, path: str, query: Query) -> None:
        """Raise Refusal AuthenticationFailed unless the link of this decoded path is ours and valid now."""
        key = self._keys.find(query.get("skoid"))
        if (
            key is None
            or query.repeated & {*SIGNED, "sig"}
            or not matches(key.secret, self.dialect, path, query.values, query.get("sig"))
        ):
            raise Refusal("AuthenticationFailed", "Signature did not match.")
        self._check_time(query)
        if query.get("sr") != "b" or query.get("sp") not in {"r", "w"}:
            raise Refusal("AuthenticationFailed", "The link is of an unknown kind.")

    def _check_time(self, query: Query) -> None:
        start, end = query.get("st"), query.get("se")
        now_ns = self._clock.now_ns()
        if not (_MOMENT.fullmatch(start) and _MOMENT.fullmatch(end)):
            raise Refusal("AuthenticationFailed", "The link has no period of validity.")
        if not parse_iso(start) <= now_ns < parse_iso(end):
            raise Refusal(
                "AuthenticationFailed",
                f"Signature not valid in the specified time frame: Start [{start}] - Expiry [{end}] - "
                f"Current [{iso_seconds(now_ns)}]",
            )


class Links(SignedLinks):
    """The URLs of blobs."""

    dialect = "blob"

    def write(self, *, workspace_id: str, blob_id: str, principal_id: str) -> str:
        """A URL to upload with. Every URL of the same principal sees the blocks staged under the others."""
        return self._signed(_path(workspace_id, blob_id), {"sp": "w", "si": upload_session(principal_id, blob_id)})

    def read(
        self, *, workspace_id: str, blob_id: str, file_name: str | None = None, content_type: str | None = None
    ) -> str:
        """A URL to download from; the answer carries this file name and content type. Raises ValueError."""
        answer = answer_fields(file_name, content_type)
        return self._signed(_path(workspace_id, blob_id), {"sp": "r", **answer})

    def verify(self, path: str, query: Query) -> Grant:
        """What the link allows now. Raises Refusal: AuthenticationFailed, or ResourceNotFound for a path of no blob."""
        parts = _PATH.fullmatch(path)
        if parts is None:
            raise Refusal("ResourceNotFound")
        self._check(path, query)
        return Grant(parts[1], parts[2], query.get("sp") == "w", query.get("si"), query.get("rscd"), query.get("rsct"))


def parse_query(query_string: bytes) -> Query:
    """Decode once. Raises Refusal for what is no UTF-8 or has absurdly many fields."""
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise Refusal("InvalidQueryParameterValue") from None
    values = dict(pairs)
    if len(values) == len(pairs):
        return Query(values, frozenset())
    seen: set[str] = set()
    repeated = {name for name, _ in pairs if name in seen or seen.add(name)}  # type: ignore[func-returns-value]
    return Query(values, frozenset(repeated))


def answer_fields(file_name: str | None, content_type: str | None) -> dict[str, str]:
    """The query fields that say with what name and content type a download is answered. Raises ValueError."""
    fields = {}
    if file_name is not None:
        fields["rscd"] = _disposition(file_name)
    if content_type is not None:
        if _CONTROL.search(content_type) or not content_type.isascii():
            raise ValueError(f"{content_type!r} is not a content type.")
        fields["rsct"] = content_type
    return fields


def _path(workspace_id: str, blob_id: str) -> str:
    return f"/blob/{workspace_id}/{blob_id}"


def _disposition(file_name: str) -> str:
    """`attachment` with the name twice: for old readers in ASCII, for the others by RFC 8187."""
    if _CONTROL.search(file_name):
        raise ValueError(f"{file_name!r} contains control characters.")
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
