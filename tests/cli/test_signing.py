"""login, logout, whoami."""

import stat
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Person
from tests.server import Server


def kept(person: Person) -> Path:
    return person.home / ".config" / "coreshed" / "credentials.json"


def test_that_a_key_is_kept_for_its_owner_alone(person: Person, shared_server: Server, workspace: str) -> None:
    assert stat.S_IMODE(kept(person).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(person).parent.stat().st_mode) == 0o700
    found = msgspec.json.decode(person.done("whoami", "--json"))
    assert found["url"] == shared_server.instance.blob_url
    assert found["organisations"][0]["id"] == shared_server.instance.organisation_id
    assert (found["workspace"]["id"], found["workspace"]["role"]) == (workspace, "owner")
    shown = person.done("whoami")
    assert workspace in shown
    assert shared_server.admin_key not in shown


def test_that_a_key_that_is_not_taken_is_not_kept(nobody: Person, shared_server: Server) -> None:
    ca_file = str(shared_server.instance.ca_file)
    ended = nobody.run("login", shared_server.url, "--ca-file", ca_file, stdin="csk_wrong\n")
    assert (ended.returncode, ended.stdout) == (7, "")
    assert ended.stderr.startswith("coreshed: ")
    assert "csk_wrong" not in ended.stderr
    assert not kept(nobody).exists()


def test_that_profiles_do_not_meet(person: Person, shared_server: Server) -> None:
    words = ("login", shared_server.url, "--profile", "other", "--ca-file", str(shared_server.instance.ca_file))
    person.done(*words, stdin=shared_server.admin_key)
    person.environment["CORESHED_PROFILE"] = "other"
    assert person.done("logout") == "forgot profile other\n"
    assert person.run("whoami").returncode == 7
    assert person.run("logout").returncode == 7
    person.environment.clear()
    person.done("whoami")


def test_that_the_environment_comes_first(nobody: Person, shared_server: Server, workspace: str) -> None:
    nobody.environment |= {
        "CORESHED_URL": shared_server.url,
        "CORESHED_TOKEN": shared_server.admin_key,
        "SSL_CERT_FILE": str(shared_server.instance.ca_file),
    }
    assert workspace in nobody.done("whoami", "--workspace", workspace)


def test_that_a_key_goes_to_no_other_server(person: Person) -> None:
    person.environment["CORESHED_URL"] = "http://127.0.0.1:1"
    ended = person.run("ls")
    assert ended.returncode == 7
    assert "http://127.0.0.1:1" in ended.stderr


@pytest.mark.parametrize("words", [("ls",), ("push", "x"), ("pull", "x"), ("versions", "x"), ("rm", "-y", "x")])
def test_that_who_has_not_signed_in_is_told_so(nobody: Person, words: tuple[str, ...]) -> None:
    ended = nobody.run(*words)
    assert ended.returncode == 7
    assert "coreshed login" in ended.stderr


def test_that_a_server_that_does_not_answer_has_an_exit_code(nobody: Person) -> None:
    assert nobody.run("login", "http://127.0.0.1:1", stdin="key").returncode == 6
    nobody.environment |= {"CORESHED_URL": "http://127.0.0.1:1", "CORESHED_TOKEN": "key"}
    ended = nobody.run("ls")
    assert (ended.returncode, ended.stderr[:29]) == (6, "coreshed: http://127.0.0.1:1 ")


def test_that_a_certificate_that_nobody_vouches_for_is_refused(nobody: Person, shared_server: Server) -> None:
    ended = nobody.run("login", shared_server.instance.blob_url, stdin=shared_server.admin_key)
    assert ended.returncode == 6
    assert "certificate" in ended.stderr.lower()


@pytest.mark.parametrize("words", [("login", "ftp://x"), ("login", "x"), ("ls", "--profile")])
def test_that_what_is_no_server_is_refused(nobody: Person, words: tuple[str, ...]) -> None:
    assert nobody.run(*words, stdin="key").returncode in {1, 2}


def test_that_a_place_that_is_not_there_is_refused(nobody: Person, shared_server: Server) -> None:
    words = ("login", shared_server.url, "--ca-file", str(shared_server.instance.ca_file))
    for place in (("--workspace", "Nowhere"), ("--organisation", "Nobody")):
        ended = nobody.run(*words, *place, stdin=shared_server.admin_key)
        assert ended.returncode == 1
        assert place[1] in ended.stderr


def test_that_damaged_credentials_are_told(person: Person) -> None:
    kept(person).write_text("{")
    ended = person.run("ls")
    assert ended.returncode == 1
    assert "sign in again" in ended.stderr
