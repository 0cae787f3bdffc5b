"""What a start prints, where it listens, and how it refuses."""

import json
import socket
import stat
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server import DidNotStart, Server, ServerMaker
from tests.serving.conftest import StubServer


def refusal(server: Server) -> DidNotStart:
    with pytest.raises(DidNotStart) as caught:
        server.start()
    return caught.value


def test_that_ready_names_the_port_that_the_system_chose(stub: StubServer) -> None:
    server = stub().start()
    assert urlsplit(server.url).hostname == "127.0.0.1"
    assert urlsplit(server.url).port not in {0, None}
    assert httpx.get(f"{server.url}/health_check").text == "pass"


def test_that_ready_names_the_public_url_where_it_is_set(stub: StubServer) -> None:
    server = stub("--public-url", "https://data.example.org/").start()
    assert server.url == "https://data.example.org"


def test_that_every_listener_serves(stub: StubServer) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = stub("--listen", f"127.0.0.1:{port}").start()
    assert urlsplit(server.url).port != port
    assert httpx.get(f"{server.url}/health_check").text == "pass"
    assert httpx.get(f"http://127.0.0.1:{port}/health_check").text == "pass"


def test_that_an_ipv6_listener_serves(stub: StubServer) -> None:
    server = stub(host="[::1]").start()
    assert server.url.startswith("http://[::1]:")
    assert httpx.get(f"{server.url}/health_check").text == "pass"


def test_that_localhost_is_reached_over_ipv4(stub: StubServer) -> None:
    server = stub(host="localhost").start()
    port = urlsplit(server.url).port
    assert server.url == f"http://localhost:{port}"
    assert httpx.get(f"http://127.0.0.1:{port}/health_check").text == "pass"


def test_that_answers_do_not_name_the_server_program(stub: StubServer) -> None:
    answer = httpx.get(f"{stub().start().url}/health_check")
    assert "server" not in answer.headers
    assert "date" in answer.headers


def test_that_a_taken_address_exits_4_and_is_named(stub: StubServer) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        refused = refusal(stub("--listen", address))
    assert refused.code == 4
    assert f"Cannot listen on {address}: Address already in use." in refused.stderr


def test_that_an_unknown_host_exits_4(stub: StubServer) -> None:
    refused = refusal(stub(host="nowhere.invalid"))
    assert refused.code == 4
    assert "nowhere.invalid:0" in refused.stderr


def test_that_an_unreadable_address_exits_3(stub: StubServer) -> None:
    refused = refusal(stub("--listen", "8080"))
    assert refused.code == 3
    assert "expected HOST:PORT" in refused.stderr


def test_that_two_servers_cannot_share_a_data_directory(stub: StubServer) -> None:
    first = stub().start()
    refused = refusal(Server(first.data_dir, command=first.command))
    assert refused.code == 3
    assert f"Another Coreshed server is using {first.data_dir}." in refused.stderr


def test_that_a_killed_server_leaves_no_lock(stub: StubServer) -> None:
    server = stub().start()
    server.kill()
    assert server.start().url


def test_that_a_data_directory_that_cannot_be_made_exits_3(stub: StubServer) -> None:
    server = stub(name="file/data")
    server.data_dir.parent.parent.mkdir(exist_ok=True)
    server.data_dir.parent.mkdir()
    server.data_dir.touch()
    refused = refusal(server)
    assert refused.code == 3
    assert "cannot be used" in refused.stderr


def test_that_the_key_is_shown_at_the_first_start_alone(stub: StubServer) -> None:
    server = stub().start()
    assert "gpra_generated" in server.log
    assert "an-organisation" in server.log
    server.stop()
    server.log_path.write_text("")
    server.start()
    assert "gpra_generated" not in server.log
    assert server.instance.admin_key == "gpra_generated"


def test_that_a_fixed_key_is_neither_shown_nor_kept(stub: StubServer) -> None:
    key = "a-key-fixed-by-the-operator"
    server = stub(CORESHED_ADMIN_KEY=key).start()
    assert "as given by --admin-key" in server.log
    assert key not in server.log
    assert key.encode() not in b"".join(path.read_bytes() for path in server.data_dir.iterdir() if path.is_file())


def test_that_the_instance_file_tells_scripts_where_the_server_is(stub: StubServer) -> None:
    server = stub().start()
    known = server.instance
    assert (known.api_url, known.blob_url, known.ca_file) == (server.url, server.url, None)
    assert (known.organisation_id, known.workspace_id) == ("an-organisation", "a-workspace")
    assert json.loads((server.data_dir / "instance.json").read_bytes())["project_id"] == "a-workspace"
    assert stat.S_IMODE((server.data_dir / "instance.json").stat().st_mode) == 0o600


def test_that_plain_byte_links_are_warned_of_once(stub: StubServer) -> None:
    assert stub().start().log.count("the Evo SDK refuses") == 1
    assert "the Evo SDK refuses" not in stub("--blob-url", "https://bytes.example.org", name="other").start().log


def test_that_the_demonstration_is_published_before_ready(stub: StubServer) -> None:
    assert (stub("--demo").start().data_dir / "demo").exists()


def test_that_stdout_carries_nothing_but_ready(stub: StubServer) -> None:
    server = stub().start()
    httpx.get(f"{server.url}/health_check")
    assert server.further_output == b""


def test_that_nobody_else_can_read_what_the_server_keeps(server: ServerMaker) -> None:
    running = server("--demo").start()
    running.stop()
    kept = [path for path in running.data_dir.rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert [str(path) for path in kept if path.stat().st_mode & 0o077] == []
