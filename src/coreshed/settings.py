"""Every setting, once: what it is, its unit, its default, and the failure it prevents.

A setting `blob_url` is the variable `CORESHED_BLOB_URL` and the key `blob-url` of `coreshed.toml`, and, if
`coreshed serve --help` lists it, the flag `--blob-url`; the flag wins over the variable, the variable over the file.
"""

import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

ROLES = ("api", "blobs", "worker")
_AT_LEAST_ONE = {
    *("sql_readers", "sql_writers", "disk_threads", "hash_threads", "job_threads", "block_limit", "sql_seconds"),
    *(
        "enrichment_seconds",
        "enrichment_job_seconds",
        "refresh_token_lifetime",
        "session_lifetime",
        "token_key_lifetime",
        "upload_session_lifetime",
    ),
}
_MOST = {"seconds": 100 * 365.25 * 86400, "bytes": 2**63 - 1}
LOG_LEVELS = ("debug", "info", "warning", "error")


class BadSettings(Exception):
    """A setting that cannot work; the program exits with code 3 and this sentence."""


def _setting(default: Any, about: str, *, unit: str = "", prevents: str = "", secret: bool = False) -> Any:
    metadata = {"about": about, "unit": unit, "prevents": prevents, "secret": secret}
    if isinstance(default, tuple | list):
        return field(default_factory=lambda: tuple(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server process."""

    data_dir: Path = _setting(Path("coreshed-data"), "Directory of everything the server keeps.")
    listen: tuple[str, ...] = _setting(
        ("127.0.0.1:8080",), "Address to listen on; may be repeated; port 0 takes a free one."
    )
    public_url: str = _setting("", "Origin under which clients reach the APIs; empty: the first plain listener.")
    blob_url: str = _setting(
        "",
        "Origin of byte links: https without a port. Empty: the TLS listener on 443, else the public URL.",
        prevents="uploads that the Evo SDK refuses to start, because it drops ports and wants https",
    )
    tls: str = _setting("off", "auto: local CA and a listener on 443; try: the same where possible; off; or CERT,KEY.")
    database: str = _setting("", "Database URL; empty: SQLite in the data directory.")
    blobs: str = _setting("", "Blob store URL (file:///path or memory:); empty: the data directory.")
    admin_key: str = _setting("", "Fixes the administrator's key at the first start.", secret=True)
    secret: str = _setting(
        "",
        "Passphrase that encrypts signing keys in the database.",
        secret=True,
        prevents="forged links by whoever reads a database backup",
    )
    only: str = _setting("", "Run one part alone: api, blobs or worker. Empty: all.")
    demo: bool = _setting(False, "Publish a demonstration workspace at start; allows a short admin key.")
    drain: float = _setting(25.0, "How long running requests may finish after SIGTERM.", unit="seconds")
    log_level: str = _setting("info", "debug, info, warning or error.")

    sql_readers: int = _setting(
        4,
        "Threads for searches, and as many for short reads that do not stay on the event loop.",
        prevents="one slow list holding up all others",
    )
    sql_writers: int = _setting(4, "Threads for changes; on SQLite they take turns on one connection.")
    disk_threads: int = _setting(8, "Threads for blob reads and writes.", prevents="a slow disk stalling the APIs")
    hash_threads: int = _setting(2, "Threads for hashing and schema validation.")
    busy_timeout: float = _setting(10.0, "How long a change waits for the database.", unit="seconds")

    link_lifetime: int = _setting(
        1800,
        "Life of a signed byte link.",
        unit="seconds",
        prevents="uploads aborted by the Evo SDK, which gives up when a link ends within 300 s",
    )
    upload_link_lifetime: int = _setting(
        86400,
        "Life of an upload link, which a file is sent to: 15 minutes to 7 days.",
        unit="seconds",
        prevents="uploads of large files that outlive their link",
    )
    link_backdate: int = _setting(
        900, "How far the start of a link is backdated.", unit="seconds", prevents="clock skew"
    )
    signing_key_lifetime: int = _setting(30 * 86400, "Age at which a new signing key takes over.", unit="seconds")
    staged_block_lifetime: int = _setting(
        7 * 86400,
        "How long an upload without a new block keeps its staged blocks.",
        unit="seconds",
        prevents="abandoned uploads filling the disk",
    )
    offer_protection: int = _setting(
        30 * 86400,
        "How long a committed blob without a reference is safe after it was last offered.",
        unit="seconds",
        prevents="collecting data that a client has uploaded and not yet published",
    )
    restore_window: int = _setting(7 * 86400, "How long a quarantined blob can be restored.", unit="seconds")
    verify_sha256_names: bool = _setting(
        True,
        "Refuse a commit whose bytes differ from the SHA-256 that names the blob.",
        prevents="damaged or forged data under a trusted name",
    )
    disk_reserve: int = _setting(
        64 << 20,
        "Free space below which uploads answer 507.",
        unit="bytes",
        prevents="a full disk breaking the database as well",
    )
    block_limit: int = _setting(200_000, "Blocks in one blob.", prevents="block lists that exhaust memory")
    block_list_bytes: int = _setting(
        8 << 20, "Length of a block list body.", unit="bytes", prevents="block lists that exhaust memory"
    )
    block_bytes: int = _setting(4000 << 20, "Length of one block.", unit="bytes")
    put_bytes: int = _setting(5000 << 20, "Length of a blob sent in one request.", unit="bytes")
    upload_bytes: int = _setting(5 << 40, "Length of a file sent to an upload link in one request.", unit="bytes")
    body_timeout: float = _setting(
        60.0, "Longest silence inside an upload body.", unit="seconds", prevents="dead clients holding disk and threads"
    )
    document_bytes: int = _setting(
        64 << 20, "Length of a geoscience object, decompressed.", unit="bytes", prevents="documents that exhaust memory"
    )
    access_token_lifetime: int = _setting(3600, "Life of an access token of the Evo issuer.", unit="seconds")
    refresh_token_lifetime: int = _setting(
        30 * 86400, "How long a refresh token of the Evo issuer waits for its use.", unit="seconds"
    )
    session_lifetime: int = _setting(12 * 3600, "How long a browser stays signed in.", unit="seconds")
    token_key_lifetime: int = _setting(90 * 86400, "Age at which a new key signs tokens.", unit="seconds")
    trusted_issuers: tuple[str, ...] = _setting(
        (),
        "Issuers whose tokens are accepted as well, each as 'URL audience=NAME' and, where wanted, email=CLAIM, "
        "name=CLAIM, role=member or admin, create=true.",
    )
    job_threads: int = _setting(2, "Jobs that one worker runs at the same time.")
    finished_job_lifetime: int = _setting(
        90 * 86400,
        "How long a finished job answers those who ask for it. Jobs of reports, and of queries whose answer is still "
        "there, answer for longer.",
        unit="seconds",
        prevents="a table of jobs that grows for ever",
    )
    sql_memory: int = _setting(
        1 << 30,
        "Memory that DuckDB may take for one SQL statement over a block model.",
        unit="bytes",
        prevents="one statement taking the memory of the others",
    )
    sql_seconds: int = _setting(
        60,
        "How long one SQL statement over a block model may take.",
        unit="seconds",
        prevents="statements that never end",
    )
    enrichment_memory: int = _setting(
        1 << 30,
        "Memory that the process may take which reads the header of one uploaded raster or vector file.",
        unit="bytes",
        prevents="one file taking the memory of the others",
    )
    enrichment_seconds: int = _setting(
        120,
        "How long reading one uploaded raster or vector file may take.",
        unit="seconds",
        prevents="files that never end",
    )
    enrichment_job_seconds: int = _setting(
        600,
        "How long reading all files of one upload may take; what has been read until then is kept.",
        unit="seconds",
        prevents="one upload of many slow files keeping the jobs of others waiting",
    )
    storage_limit: int = _setting(
        0,
        "What an organisation may store and reserve through upload sessions, unless an operator has set a limit of its "
        "own; 0: no limit.",
        unit="bytes",
        prevents="one organisation filling the disk of all",
    )
    operations_rate_limit: int = _setting(
        0,
        "How many operations below /v1 an organisation may call in a minute, counted by each server process for "
        "itself; more are answered with 429. 0: no limit.",
        unit="calls",
        prevents="a program in a loop taking the server from everybody else",
    )
    upload_session_lifetime: int = _setting(
        86400,
        "How long an upload session that nobody uses is kept; it then fails, and its files and its reservation go.",
        unit="seconds",
        prevents="abandoned uploads holding quota and disk",
    )
    upkeep_interval: float = _setting(30.0, "Pause between rounds of background upkeep.", unit="seconds")
    enforce_evo_scopes: bool = _setting(True, "Refuse credentials without the scope of the API they call.")


def environment_name(name: str) -> str:
    """`CORESHED_BLOB_URL` for `blob_url`."""
    return f"CORESHED_{name.upper()}"


def load(flags: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from flags (None: not given), environment and `coreshed.toml`. Raises BadSettings."""
    environment = os.environ if environment is None else environment
    named = environment.get("CORESHED_CONFIG")
    values = _from_file(Path(named or "coreshed.toml"), must_exist=bool(named))
    for item in fields(Settings):
        text = environment.get(environment_name(item.name))
        if text is not None:
            values[item.name] = _parse(item, text)
    values |= {name: value for name, value in flags.items() if value is not None}
    settings = Settings(**values)
    check(settings)
    return settings


def _from_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise BadSettings(f"CORESHED_CONFIG names {path}, which does not exist.") from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path}: {error}") from error
    known = {item.name: item for item in fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in entries.items():
        item = known.get(name.replace("-", "_"))
        if item is None:
            raise BadSettings(f"{path}: unknown setting {name!r}")
        values[item.name] = _parse(item, value)
    return values


def _parse(item: "Field[Any]", value: Any) -> Any:
    """A value of the field's type from environment text or TOML."""
    kind = item.type
    try:
        if get_origin(kind) is tuple:
            parts = value.split(",") if isinstance(value, str) else list(value)
            return tuple(get_args(kind)[0](part.strip()) for part in parts if part.strip())
        if kind is bool:
            return {"1": True, "true": True, "0": False, "false": False}[str(value).lower()]
        assert callable(kind)  # noqa: S101  (field types here are classes)
        return kind(str(value))
    except (KeyError, TypeError, ValueError) as error:
        raise BadSettings(f"{_shown(item.name)}: {value!r} is not a valid value.") from error


def _check_memory(settings: Settings) -> None:
    for name in ("sql_memory", "enrichment_memory"):
        if getattr(settings, name) < 64 << 20:
            raise BadSettings(f"{_shown(name)}: the libraries need 64 MiB at least.")


def check(settings: Settings) -> None:
    """Refuse what cannot work, before anything is opened. Raises BadSettings."""
    if settings.only and settings.only not in ROLES:
        raise BadSettings(f"--only takes one of {', '.join(ROLES)}, not {settings.only!r}.")
    if settings.log_level not in LOG_LEVELS:
        raise BadSettings(f"--log-level takes one of {', '.join(LOG_LEVELS)}, not {settings.log_level!r}.")
    _check_blob_url(settings.blob_url)
    _check_public_url(settings.public_url)
    if settings.admin_key and len(settings.admin_key) < 20 and not settings.demo:
        raise BadSettings("--admin-key needs at least 20 characters (any length goes with --demo).")
    if settings.tls not in {"auto", "try", "off"} and settings.tls.count(",") != 1:
        raise BadSettings(f"--tls takes auto, try, off or CERT,KEY, not {settings.tls!r}.")
    if not 60 <= settings.access_token_lifetime <= 90 * 86400:
        raise BadSettings("access-token-lifetime: use 60 seconds, for clients renew some before the end, to 90 days.")
    if settings.link_lifetime < 600:
        raise BadSettings("link-lifetime: the Evo SDK gives up on links that end within 300 s; use at least 600.")
    if not 900 <= settings.upload_link_lifetime <= 7 * 86400:
        raise BadSettings("upload-link-lifetime: use 900 seconds to 7 days.")
    _check_memory(settings)
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if item.type in {int, float} and not 0 <= value <= _MOST.get(item.metadata["unit"], math.inf):
            raise BadSettings(f"{_shown(item.name)}: {value} is out of range.")
        if item.name in _AT_LEAST_ONE and value < 1:
            raise BadSettings(f"{_shown(item.name)}: at least one is needed.")


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


def _check_blob_url(url: str) -> None:
    if url and not (url.startswith("https://") and _HOST.fullmatch(url.removeprefix("https://").removesuffix("/"))):
        raise BadSettings(
            f"--blob-url {url!r}: the Evo SDK moves bytes only over https on port 443, so the blob URL is "
            "'https://host': no other scheme, no port (not even :443), no capital letters and no path."
        )


def _check_public_url(url: str) -> None:
    if url and not _is_origin(url):
        raise BadSettings(f"--public-url {url!r}: expected a bare origin such as https://data.example.org.")


def _is_origin(url: str) -> bool:
    """Scheme, host and perhaps a port, and nothing else."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    origin = f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")
    known = _HOST.fullmatch(host) is not None or ":" in host
    return parts.scheme in {"http", "https"} and known and url.removesuffix("/").lower() == origin


def _shown(name: str) -> str:
    return name.replace("_", "-")


def default_of(item: "Field[Any]") -> Any:
    """The default of a setting, for documentation."""
    if item.default is not MISSING:
        return item.default
    assert item.default_factory is not MISSING  # noqa: S101  (one of the two exists)
    return item.default_factory()
