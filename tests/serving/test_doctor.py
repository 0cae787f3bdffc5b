"""`coreshed doctor` against real servers: what it finds, and that a healthy one is left as it was."""

import pytest

from tests.server import Server, ServerMaker, run_command


@pytest.fixture
def backend() -> str:
    return "sqlite"  # the doctor sees the wire alone


def lines(output: str, mark: str) -> list[str]:
    return [line[6:] for line in output.splitlines() if line.startswith(mark)]


def test_that_a_healthy_server_has_no_findings(shared_server: Server) -> None:
    running = shared_server
    bundle = str(running.instance.ca_file)
    variables = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), bundle)
    found = run_command(running, "doctor", **variables)
    assert found.returncode == 0, found.stdout
    assert (lines(found.stdout, "FAIL"), lines(found.stdout, "warn")) == ([], [])
    assert lines(found.stdout, "ok")[-4:] == ["Put Block", "Put Block List", "HEAD", "Range GET"]
    known = running.instance
    with running.client() as client:
        path = f"/geoscience-object/orgs/{known.organisation_id}/workspaces/{known.workspace_id}/objects"
        assert client.get(path).json()["objects"] == []


def test_that_missing_exports_are_named(shared_server: Server) -> None:
    running = shared_server
    found = run_command(running, "doctor", SSL_CERT_FILE="", REQUESTS_CA_BUNDLE="", NODE_EXTRA_CA_CERTS="")
    assert found.returncode == 0, found.stdout
    warned = lines(found.stdout, "warn")
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        assert any(line.endswith(f"export {variable}={running.instance.ca_file}") for line in warned)


def test_that_plain_byte_links_fail_but_are_examined_to_the_end(server: ServerMaker) -> None:
    found = run_command(server().start(), "doctor")
    assert found.returncode == 1
    (failed,) = lines(found.stdout, "FAIL")
    assert failed.startswith("byte links use http://127.0.0.1:")
    assert "--tls auto" in failed
    assert lines(found.stdout, "ok")[-1] == "Range GET"


def test_that_a_server_elsewhere_is_examined_with_its_url_and_key(shared_server: Server) -> None:
    running = shared_server
    found = run_command(
        running, "doctor", "--url", running.url, "--key", running.admin_key, "--ca-file", str(running.instance.ca_file)
    )
    assert found.returncode == 0, found.stdout


def test_that_a_wrong_public_url_is_found(server: ServerMaker) -> None:
    running = server("--public-url", "http://data.example.org").start()
    url = next(event for event in running.events if event["event"] == "serving")["listening"][0]
    found = run_command(running, "doctor", "--url", f"http://{url}", "--key", running.admin_key)
    assert lines(found.stdout, "warn")[0].startswith("discovery sends clients to http://data.example.org")


def test_that_a_refused_key_ends_the_examination(shared_server: Server) -> None:
    found = run_command(shared_server, "doctor", "--key", "gpra_00000000_wrong")
    assert found.returncode == 1
    assert found.stdout.splitlines()[-1].startswith("FAIL  the key is refused")


def test_that_a_stopped_server_is_found_not_to_answer(server: ServerMaker) -> None:
    running = server().start()
    running.stop()
    found = run_command(running, "doctor")
    assert found.returncode == 1
    assert found.stdout.startswith(f"FAIL  {running.url} does not answer")


def test_that_a_key_that_may_not_write_is_named(shared_server: Server) -> None:
    made = run_command(shared_server, "token", "create", "--name", "reader", "--scope", "*:read")
    found = run_command(shared_server, "doctor", "--key", made.stdout.strip())
    assert found.returncode == 1
    assert found.stdout.splitlines()[-1].startswith("FAIL  the key may not write to the workspace")
