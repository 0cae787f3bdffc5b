"""The exit codes of failures, as docs/commands.md has them."""

import sys

import pytest

from coreshed import cli
from coreshed.cli.remote import exit_code
from coreshed.client import CoreshedError, Mismatch, NotFound, NotSignedIn, Refused, ServerFailed, Unreachable
from tests.cli.conftest import Person


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Unreachable, 6), (NotSignedIn, 7), (Mismatch, 8), (NotFound, 1), (Refused, 1), (ServerFailed, 1)],
)
def test_that_every_failure_has_its_code(
    kind: type[CoreshedError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise kind("a sentence")

    assert exit_code(kind("a sentence")) == code
    with pytest.raises(SystemExit) as ended:
        cli.run(fail)
    assert ended.value.code == code
    assert capsys.readouterr().err == "coreshed: a sentence\n"


def test_that_the_names_in_the_table_are_there() -> None:
    for name in cli._EXIT_CODES:
        module, _, kind = name.rpartition(".")
        __import__(module)
        assert isinstance(getattr(sys.modules[module], kind), type), name


@pytest.mark.parametrize("key", ["csk_SECRET\nX: y", "csk_SECRETé"])
def test_that_a_credential_that_is_no_key_is_not_printed(nobody: Person, key: str) -> None:
    nobody.environment.update({"CORESHED_URL": "https://localhost", "CORESHED_TOKEN": key})
    ended = nobody.run("ls")
    assert ended.returncode == 7
    assert ended.stderr.startswith("coreshed: The credential is no key")
    assert "SECRET" not in ended.stdout + ended.stderr
