"""`--tls`: the listener on port 443 beside the plain one. Each test has a loopback address of its own."""

import os
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from coreshed.clock import SystemClock
from coreshed.serving.tls import LocalAuthority
from tests.server import DidNotStart, Server, own_loopback_host
from tests.serving.conftest import StubServer


@pytest.fixture
def host() -> str:
    chosen = own_loopback_host()
    with socket.socket() as probe:
        try:
            probe.bind((chosen, 443))
        except PermissionError:
            pytest.skip("this user may not listen on port 443")
    return chosen


@pytest.fixture
def taken(host: str) -> Iterator[str]:
    """A host whose port 443 somebody else has."""
    with socket.socket() as holder:
        holder.bind((host, 443))
        holder.listen()
        yield host


def trusting(server: Server) -> httpx.Client:
    assert server.instance.ca_file is not None
    return httpx.Client(verify=ssl.create_default_context(cafile=server.instance.ca_file))


def origins(server: Server) -> list[str]:
    return (server.data_dir / "origins").read_text().split()


def test_that_auto_serves_https_on_443_beside_the_plain_listener(stub: StubServer, host: str) -> None:
    server = stub("--tls", "auto", host=host).start()
    assert server.url == f"http://{host}:{urlsplit(server.url).port}"
    assert httpx.get(f"{server.url}/health_check").text == "pass"
    with trusting(server) as client:
        answer = client.get(f"https://{host}/health_check")
    assert answer.text == "pass"
    assert origins(server) == [server.url, f"https://{host}"]
    assert server.instance.blob_url == f"https://{host}"
    assert "the Evo SDK refuses" not in server.log


def test_that_the_exports_for_clients_are_printed(stub: StubServer, host: str) -> None:
    server = stub("--tls", "auto", host=host).start()
    tls = server.data_dir / "tls"
    assert f"  export SSL_CERT_FILE={tls}/ca-bundle.pem\n" in server.log
    assert f"  export REQUESTS_CA_BUNDLE={tls}/ca-bundle.pem\n" in server.log
    assert f"  export NODE_EXTRA_CA_CERTS={tls}/ca-bundle.pem\n" in server.log
    assert stat.S_IMODE((tls / "ca.key").stat().st_mode) == 0o600


def test_that_the_ca_survives_a_restart(stub: StubServer, host: str) -> None:
    server = stub("--tls", "auto", host=host).start()
    before = (server.data_dir / "tls" / "ca.pem").read_bytes()
    server.restart()
    assert (server.data_dir / "tls" / "ca.pem").read_bytes() == before
    with trusting(server) as client:
        assert client.get(f"https://{host}/health_check").text == "pass"


def test_that_auto_exits_4_with_the_remedies_where_443_is_taken(stub: StubServer, taken: str) -> None:
    server = stub("--tls", "auto", host=taken)
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code == 4
    assert f"Cannot listen on {taken}:443: Address already in use" in refused.value.stderr
    for remedy in ("setcap", "net.ipv4.ip_unprivileged_port_start=443", "--tls off --blob-url"):
        assert remedy in refused.value.stderr


def test_that_try_goes_on_without_tls_where_443_is_taken(stub: StubServer, taken: str) -> None:
    server = stub("--tls", "try", host=taken).start()
    assert httpx.get(f"{server.url}/health_check").text == "pass"
    assert origins(server) == [server.url, server.url]
    assert "setcap" in server.log
    assert "export SSL_CERT_FILE" not in server.log
    assert server.instance.ca_file is None


def test_that_a_certificate_of_the_operator_is_served(stub: StubServer, host: str) -> None:
    server = stub(host=host)
    server.data_dir.parent.mkdir(exist_ok=True)
    own = LocalAuthority(server.data_dir.parent / "own")
    own.ensure((host,), SystemClock())
    server.flags = ("--tls", f"{own.server[0]},{own.server[1]}")
    server.start()
    with httpx.Client(verify=ssl.create_default_context(cafile=own.certificate)) as client:
        assert client.get(f"https://{host}/health_check").text == "pass"
    assert server.instance.ca_file is None
    assert not (server.data_dir / "tls").exists()


def test_that_a_certificate_without_its_file_exits_3(stub: StubServer, host: str) -> None:
    with pytest.raises(DidNotStart) as refused:
        stub("--tls", "absent.pem,absent.key", host=host).start()
    assert refused.value.code == 3
    assert "--tls absent.pem,absent.key: No such file or directory." in refused.value.stderr


def test_that_an_explicit_blob_url_wins_and_is_in_the_certificate(stub: StubServer, host: str) -> None:
    server = stub("--tls", "auto", "--blob-url", "https://bytes.example.org", host=host).start()
    assert origins(server)[1] == "https://bytes.example.org"
    assert server.instance.ca_file is not None
    client = ssl.create_default_context(cafile=server.instance.ca_file)
    with (
        socket.create_connection((host, 443)) as plain,
        client.wrap_socket(plain, server_hostname="bytes.example.org") as connection,
    ):
        assert connection.version() in {"TLSv1.2", "TLSv1.3"}


def test_that_old_tls_is_refused(stub: StubServer, host: str) -> None:
    server = stub("--tls", "auto", host=host).start()
    assert server.instance.ca_file is not None
    client = ssl.create_default_context(cafile=server.instance.ca_file)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((host, 443)) as plain, pytest.raises(ssl.SSLError):
        client.wrap_socket(plain, server_hostname=host)


def test_that_an_unprivileged_user_is_told_how_to_get_port_443(stub: StubServer, host: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can start a server as somebody else")
    server = stub("--tls", "auto", host=host)
    server.command = ("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", *server.command)
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 443:
        pytest.skip("this machine lets everybody listen on port 443")
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code == 4
    assert "Permission denied" in refused.value.stderr
