"""Whether a server does what the Evo SDK needs, seen from this machine with this trust store.

It sends the SDK's own requests: discovery, an upload link, Put Block and Put Block List, and through an object that it
deletes again HEAD and a Range GET. One finding per check; the first that makes the rest pointless ends the examination.
"""

import base64
import hashlib
import os
import secrets
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

_SAMPLE_BYTES = 4096
_TIMEOUT = 20.0
# The Evo SDK names a block by its offset in 32 digits.
_BLOCK_ID = base64.b64encode(b"0" * 32).decode()
_BLOCK_LIST = f'<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>{_BLOCK_ID}</Latest></BlockList>'
_SCHEMA = "/objects/pointset/1.2.0/pointset.schema.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked thing. `mark` is `ok`, `warn` or `FAIL`; `remedy` says what to do about the latter two."""

    mark: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.what}" + (f"  - {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Patient:
    """The server to examine; without ids the first organisation and workspace that the key sees are used."""

    api_url: str
    key: str
    ca_file: str | None = None
    organisation_id: str | None = None
    workspace_id: str | None = None


class Hopeless(Exception):
    """A failed check without which the later ones make no sense."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.finding = Finding("FAIL", what, remedy)


def examine(patient: Patient) -> Iterator[Finding]:
    """Every finding, as it is made."""
    try:
        with ExitStack() as open_clients:
            yield from _Examination(patient, open_clients).findings()
    except Hopeless as error:
        yield error.finding
    except httpx.HTTPError as error:
        yield Finding(
            "FAIL", f"{_place(error)} does not answer: {error}", "check that the server runs and is reachable"
        )


class _Examination:
    def __init__(self, patient: Patient, open_clients: ExitStack) -> None:
        self.patient = patient
        trust = ssl.create_default_context()
        if patient.ca_file:
            try:
                trust.load_verify_locations(patient.ca_file)
            except OSError as error:  # ssl.SSLError is one
                raise Hopeless(
                    f"{patient.ca_file} holds no certificates that can be read: {error.strerror or error}",
                    "name the bundle that 'coreshed info' shows as ca_file",
                ) from error
        headers = {"Authorization": f"Bearer {patient.key}"}
        new = open_clients.enter_context
        # Variables for proxies are not followed: the Evo SDK ignores them too.
        self.api = new(
            httpx.Client(base_url=patient.api_url, headers=headers, verify=trust, timeout=_TIMEOUT, trust_env=False)
        )
        self.bytes = new(httpx.Client(verify=trust, timeout=_TIMEOUT, trust_env=False))

    def findings(self) -> Iterator[Finding]:
        yield self._health()
        organisation_id, found = self._discovery()
        yield from found
        workspace_id = self.patient.workspace_id or self._first_workspace(organisation_id)
        root = f"/geoscience-object/orgs/{organisation_id}/workspaces/{workspace_id}"
        sample = secrets.token_bytes(_SAMPLE_BYTES)
        name = hashlib.sha256(sample).hexdigest()
        link = self._upload_link(root, name)
        yield Finding("ok", "upload link")
        yield _shape(link)
        yield from self._certificate(link)
        yield from self._upload(link, sample)
        yield from self._download(root, name, sample)

    def _health(self) -> Finding:
        answer = self.api.get("/health_check")
        if answer.status_code != 200:
            raise Hopeless(f"health check answers {answer.status_code}", "read the server's log")
        return Finding("ok", f"{self.patient.api_url} is healthy")

    def _discovery(self) -> tuple[str, list[Finding]]:
        """The organisation to use, and what discovery showed."""
        answer = self.api.get("/evo/identity/v2/discovery", params={"service": "evo"})
        if answer.status_code == 401:
            raise Hopeless("the key is refused", "make one with 'coreshed token create' and pass it as --key")
        discovery = _json(answer, 200, "discovery")["discovery"]
        organisations = [each["id"] for each in discovery["organizations"]]
        wanted = self.patient.organisation_id or (organisations[0] if organisations else None)
        if wanted is None or wanted not in organisations:
            raise Hopeless("discovery shows no organisation", "use a key of one of its members")
        found = [Finding("ok", "discovery")]
        hubs = {hub["url"].rstrip("/") for hub in discovery["hubs"]}
        if self.patient.api_url.rstrip("/") not in hubs:
            remedy = "set --public-url to the address that clients use"
            found.append(Finding("warn", f"discovery sends clients to {', '.join(sorted(hubs)) or 'no hub'}", remedy))
        return wanted, found

    def _first_workspace(self, organisation_id: str) -> str:
        answer = self.api.get(f"/workspace/orgs/{organisation_id}/workspaces", params={"limit": 1})
        listed = _json(answer, 200, "workspace list")["results"]
        if not listed:
            raise Hopeless("the key sees no workspace", "make one with 'coreshed workspace create'")
        return str(listed[0]["id"])

    def _upload_link(self, root: str, name: str) -> str:
        answer = self.api.put(f"{root}/data", json=[{"name": name}])
        if answer.status_code == 403:
            raise Hopeless(
                "the key may not write to the workspace",
                "use a key of an editor or owner of it, with the scope evo.object",
            )
        offered = _json(answer, 200, "upload link")
        return str(offered[0]["upload_url"])

    def _certificate(self, link: str) -> Iterator[Finding]:
        """Who trusts the certificate of the byte links: the CA file of the instance, and the clients of this shell."""
        parts = urlsplit(link)
        if parts.scheme != "https":
            return
        host, port = parts.hostname or "", parts.port or 443
        ca_file = self.patient.ca_file
        if ca_file:
            error = _handshake(host, port, ca_file)
            if error:
                yield Finding("FAIL", f"{ca_file} does not vouch for {host}: {error}", "restart with --tls auto")
            else:
                yield Finding("ok", f"certificate of {host} verifies with {ca_file}")
        error = _handshake(host, port, None)
        if not error:
            yield Finding("ok", f"certificate of {host} verifies with the default trust store")
        else:
            remedy = f"export SSL_CERT_FILE={ca_file}" if ca_file else "install a certificate of a known authority"
            yield Finding("warn", f"the default trust store refuses {host}: {error}", remedy)
        for variable, clients in (
            (("REQUESTS_CA_BUNDLE", "requests"), ("NODE_EXTRA_CA_CERTS", "Node")) if ca_file else ()
        ):
            value = os.environ.get(variable)
            if not value or _handshake(host, port, value):
                yield Finding("warn", f"{variable} is not set for {clients}", f"export {variable}={ca_file}")

    def _upload(self, link: str, sample: bytes) -> Iterator[Finding]:
        parameters = httpx.URL(link).params
        block = parameters.set("comp", "block").set("blockid", _BLOCK_ID)
        blocks = parameters.set("comp", "blocklist")
        text = {"Content-Type": "text/plain; charset=UTF-8"}
        yield _upload_step("Put Block", self.bytes.put(link, params=block, content=sample))
        answer = self.bytes.put(link, params=blocks, content=_BLOCK_LIST.encode(), headers=text)
        yield _upload_step("Put Block List", answer)

    def _download(self, root: str, name: str, sample: bytes) -> Iterator[Finding]:
        path = f"{root}/objects/path/coreshed-doctor/{name[:16]}.json"
        created = _json(self.api.post(path, json=_object(name)), 201, "object with the uploaded data")
        try:
            link = str(created["links"]["data"][0]["download_url"])
            head = self.bytes.head(link)
            size, ranges = head.headers.get("Content-Length"), head.headers.get("Accept-Ranges")
            good = head.status_code == 200 and size == str(len(sample)) and bool(ranges)
            seen = f"{head.status_code}, Content-Length {size}, Accept-Ranges {ranges}"
            yield Finding("ok", "HEAD") if good else Finding("FAIL", f"HEAD answers {seen}", _PROXY)
            part = self.bytes.get(link, headers={"Range": "bytes=1000-1999"})
            where = part.headers.get("Content-Range")
            good = (
                part.status_code == 206
                and where == f"bytes 1000-1999/{len(sample)}"
                and part.content == sample[1000:2000]
            )
            seen = f"{part.status_code}, Content-Range {where}, {len(part.content)} bytes"
            yield Finding("ok", "Range GET") if good else Finding("FAIL", f"Range GET answers {seen}", _PROXY)
        finally:
            self.api.delete(f"{root}/objects/{created['object_id']}")


_PROXY = "if a proxy stands between, let it pass methods, headers and bodies unchanged"


def _shape(link: str) -> Finding:
    """The Evo SDK rebuilds `https://<lower-case host>` from a link and refuses what differs."""
    parts = urlsplit(link)
    if parts.scheme == "https" and parts.netloc == parts.hostname:
        return Finding("ok", f"byte links use https://{parts.netloc}")
    what = f"byte links use {parts.scheme}://{parts.netloc}, which the Evo SDK refuses"
    return Finding("FAIL", what, "serve with --tls auto, or --blob-url https://HOST without a port behind a proxy")


def _upload_step(name: str, answer: httpx.Response) -> Finding:
    if answer.status_code == 201 and not answer.content:
        return Finding("ok", name)
    if answer.status_code == 201:
        return Finding("FAIL", f"{name} answers with a body of {len(answer.content)} bytes", _PROXY)
    raise Hopeless(f"{name} answers {answer.status_code}: {answer.text[:200]}", _PROXY)


def _object(name: str) -> dict[str, Any]:
    """The smallest object that refers to data."""
    box = {f"{end}_{axis}": 0.0 for axis in "xyz" for end in ("min", "max")}
    coordinates = {"data": name, "length": 1, "width": 3, "data_type": "float64"}
    return {
        "schema": _SCHEMA,
        "uuid": None,
        "name": "coreshed doctor",
        "bounding_box": box,
        "coordinate_reference_system": "unspecified",
        "locations": {"coordinates": coordinates},
    }


def _json(answer: httpx.Response, status: int, what: str) -> Any:
    if answer.status_code != status:
        raise Hopeless(f"{what} answers {answer.status_code}: {answer.text[:200]}", "read the server's log")
    try:
        return answer.json()
    except ValueError:
        raise Hopeless(f"{what} is no JSON", _PROXY) from None


def _handshake(host: str, port: int, ca_file: str | None) -> str | None:
    """Why a TLS connection with these CA certificates (None: the default ones) fails; None when it succeeds."""
    try:
        trust = ssl.create_default_context(cafile=ca_file)
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT) as plain,
            trust.wrap_socket(plain, server_hostname=host),
        ):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)


def _place(error: httpx.HTTPError) -> str:
    try:
        return f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
    except RuntimeError:  # the request was never made
        return "the server"
