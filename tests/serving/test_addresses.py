"""Which settings can work, and which URLs follow from them and from the listeners."""

import socket
from pathlib import Path

import pytest

from coreshed.origins import Origins, resolve
from coreshed.serving.listeners import Address, host_name
from coreshed.settings import BadSettings, load


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(socket, "gethostname", lambda: "Shed-7")
    return "shed-7"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("Data.Example.org:80", "http://data.example.org:80"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("0.0.0.0:8080", "http://shed-7:8080"),
        ("[::]:8080", "http://shed-7:8080"),
    ],
)
def test_that_the_public_url_is_the_first_plain_listener(machine: str, listen: str, expected: str) -> None:
    assert Address.parse(listen).plain_url() == expected


@pytest.mark.parametrize(
    ("listen", "public_host", "expected"),
    [
        ("127.0.0.1:8080", None, "localhost"),
        ("127.0.0.1:8080", "data.example.org", "localhost"),
        ("localhost:8080", None, "localhost"),
        ("[::1]:8080", None, "localhost"),
        ("127.0.0.77:8080", None, "127.0.0.77"),
        ("10.1.2.3:8080", None, "10.1.2.3"),
        ("0.0.0.0:8080", None, "shed-7"),
        ("0.0.0.0:8080", "data.example.org", "data.example.org"),
        ("[fd00::1]:8080", None, "shed-7"),
    ],
)
def test_that_byte_links_use_a_host_without_port_and_brackets(
    machine: str, listen: str, public_host: str | None, expected: str
) -> None:
    assert Address.parse(listen).tls_host(public_host) == expected


@pytest.mark.parametrize("text", ["8080", "127.0.0.1", ":8080", "127.0.0.1:http", "127.0.0.1:65536", "::1:80", "[]:1"])
def test_that_an_unreadable_address_is_refused(text: str) -> None:
    with pytest.raises(BadSettings, match="expected HOST:PORT"):
        Address.parse(text)


@pytest.mark.parametrize("name", ["", "bad_name", "ümlaut"])
def test_that_a_machine_without_a_usable_name_is_localhost(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    assert host_name() == "localhost"


@pytest.mark.parametrize(
    ("flags", "tls_host", "expected"),
    [
        ({}, None, Origins("http://127.0.0.1:8080", "http://127.0.0.1:8080")),
        ({}, "localhost", Origins("http://127.0.0.1:8080", "https://localhost")),
        ({"public_url": "https://a.example/"}, None, Origins("https://a.example", "https://a.example")),
        ({"public_url": "http://a.example:81"}, "h", Origins("http://a.example:81", "https://h")),
        ({"blob_url": "https://b.example/"}, "h", Origins("http://127.0.0.1:8080", "https://b.example")),
    ],
)
def test_that_what_is_set_wins_over_what_listens(
    flags: dict[str, str], tls_host: str | None, expected: Origins
) -> None:
    assert resolve(load(flags, {}), plain_url="http://127.0.0.1:8080", tls_host=tls_host) == expected


@pytest.mark.parametrize(
    "environment",
    [
        {"CORESHED_LOG_LEVEL": "loud"},
        {"CORESHED_SQL_READERS": "0"},
        {"CORESHED_BUSY_TIMEOUT": "-1"},
        {"CORESHED_BUSY_TIMEOUT": "nan"},
        {"CORESHED_LINK_LIFETIME": "99999999999"},
        {"CORESHED_BLOCK_LIMIT": "0"},
        {"CORESHED_ONLY": "half"},
    ],
)
def test_that_a_setting_that_cannot_work_is_named(environment: dict[str, str]) -> None:
    name = next(iter(environment)).removeprefix("CORESHED_").lower().replace("_", "-")
    with pytest.raises(BadSettings, match=name):
        load({}, environment)


@pytest.mark.parametrize(
    ("text", "match"),
    [("sql-readers = 1.5", "sql-readers"), ("drain = true", "drain"), ("demo = 2", "demo"), ("nope = 1", "nope")],
)
def test_that_a_wrong_line_of_the_file_is_named(text: str, match: str, tmp_path: Path) -> None:
    file = tmp_path / "coreshed.toml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=match):
        load({}, {"CORESHED_CONFIG": str(file)})


def test_that_the_file_takes_what_the_variables_take(tmp_path: Path) -> None:
    file = tmp_path / "coreshed.toml"
    file.write_text('demo = 1\nenforce-evo-scopes = "false"\ndrain = 3\n')
    found = load({}, {"CORESHED_CONFIG": str(file)})
    assert (found.demo, found.enforce_evo_scopes, found.drain) == (True, False, 3.0)


@pytest.mark.parametrize("name", ["absent.toml", "."])
def test_that_a_file_that_is_named_has_to_be_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"CORESHED_CONFIG|directory"):
        load({}, {"CORESHED_CONFIG": str(tmp_path / name)})


@pytest.mark.parametrize(
    "url",
    ["https://", "HTTPS://host", "https://host?x=1", "https://host#f", "https://ho st", "https://ümlaut.example"],
)
def test_that_a_blob_url_the_sdk_cannot_use_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="--blob-url"):
        load({"blob_url": url}, {})


@pytest.mark.parametrize(
    "url",
    [
        "http://:8080",
        "http://host:abc",
        "http://host:99999",
        "http://user:word@host",
        "http://host?x",
        "http://host#a",
        "http://host/path",
        "ftp://host",
    ],
)
def test_that_a_public_url_that_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(BadSettings, match="--public-url"):
        load({"public_url": url}, {})


@pytest.mark.parametrize("url", ["http://host", "https://Data.Example.org:8443/", "http://[::1]:8080"])
def test_that_origins_are_public_urls(url: str) -> None:
    assert load({"public_url": url}, {}).public_url == url
