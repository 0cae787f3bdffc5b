"""The local certificate authority: what its files are, what it vouches for, and when it is renewed."""

import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from coreshed.clock import NANOSECONDS, SystemClock
from coreshed.serving.tls import LocalAuthority, ServerCertificate
from coreshed.settings import BadSettings
from coreshed.testing import ManualClock

HOSTS = ("shed.example.org", "127.0.0.77")
DAY = 86400 * NANOSECONDS


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    made = LocalAuthority(tmp_path / "tls")
    assert made.ensure(HOSTS, SystemClock()) is True
    return made


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> x509.Certificate:
    """The certificate shown; raises ssl.SSLCertVerificationError where the client does not trust it for the host."""
    inside, outside = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(inside, server_side=True).close()
        except OSError:
            inside.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with outside, client.wrap_socket(outside, server_hostname=host) as connection:
            shown = connection.getpeercert(binary_form=True)
            assert shown is not None
            return x509.load_der_x509_certificate(shown)
    finally:
        thread.join()


def test_that_keys_are_private_and_certificates_are_not(authority: LocalAuthority) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in authority.directory.glob("[a-z]*")}
    assert modes == {
        "ca.key": 0o600,
        "ca.pem": 0o644,
        "ca-bundle.pem": 0o644,
        "server.key": 0o600,
        "server.pem": 0o644,
    }


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", *HOSTS])
def test_that_clients_with_the_bundle_trust_every_host(authority: LocalAuthority, host: str) -> None:
    served = ServerCertificate.of_files(*authority.server, SystemClock())
    client = ssl.create_default_context(cafile=authority.bundle)
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT  # the default from Python 3.13 on
    handshake(served.context, client, host)


def test_that_the_leaf_is_for_no_other_host(authority: LocalAuthority) -> None:
    served = ServerCertificate.of_files(*authority.server, SystemClock())
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(served.context, ssl.create_default_context(cafile=authority.bundle), "other.example.org")


@pytest.mark.parametrize("host", ["www.example.com", "127.0.0.78", "::2"])
def test_that_a_stolen_ca_key_vouches_for_no_other_host(authority: LocalAuthority, tmp_path: Path, host: str) -> None:
    issuer = certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key((authority.directory / "ca.key").read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    is_name = host[-1].isalpha()
    name = x509.DNSName(host) if is_name else x509.IPAddress(ipaddress.ip_address(host))
    now = datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    pem, private = tmp_path / "forged.pem", tmp_path / "forged.key"
    pem.write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    served = ServerCertificate.of_files(pem, private, SystemClock())
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(served.context, ssl.create_default_context(cafile=authority.bundle), host)


def test_that_the_bundle_begins_with_our_ca_and_keeps_the_public_ones(authority: LocalAuthority) -> None:
    bundled = authority.bundle.read_text().split("-----END CERTIFICATE-----\n")[:-1]
    assert certificate(authority.bundle) == certificate(authority.certificate)  # the first of the file
    assert len(bundled) > 50
    assert len(set(bundled)) == len(bundled)


def test_that_lifetimes_are_ten_years_and_397_days(authority: LocalAuthority) -> None:
    ca, leaf = certificate(authority.certificate), certificate(authority.server[0])
    now = datetime.now(UTC)
    assert timedelta(days=3649) < ca.not_valid_after_utc - now <= timedelta(days=3650)
    assert timedelta(days=396) < leaf.not_valid_after_utc - now <= timedelta(days=397)


def test_that_a_second_start_changes_nothing(authority: LocalAuthority) -> None:
    before = {path: path.stat().st_ino for path in authority.directory.iterdir()}
    assert authority.ensure(HOSTS, SystemClock()) is False
    assert {path: path.stat().st_ino for path in authority.directory.iterdir()} == before


@pytest.mark.parametrize(("days", "renewed"), [(366, False), (368, True)])
def test_that_the_leaf_is_renewed_in_its_last_30_days_and_the_ca_kept(tmp_path: Path, days: int, renewed: bool) -> None:
    start = SystemClock().now_ns()
    authority = LocalAuthority(tmp_path / "tls")
    authority.ensure(HOSTS, ManualClock(start))
    ca, leaf = certificate(authority.certificate), certificate(authority.server[0])
    assert authority.ensure(HOSTS, ManualClock(start + days * DAY)) is False
    assert certificate(authority.certificate) == ca
    assert (certificate(authority.server[0]) != leaf) is renewed


def test_that_a_ca_near_its_end_is_replaced_and_never_outlived(tmp_path: Path) -> None:
    start = SystemClock().now_ns()
    authority = LocalAuthority(tmp_path / "tls")
    authority.ensure(HOSTS, ManualClock(start))
    assert authority.ensure(HOSTS, ManualClock(start + 3500 * DAY)) is False
    ca, leaf = certificate(authority.certificate), certificate(authority.server[0])
    assert leaf.not_valid_after_utc == ca.not_valid_after_utc
    assert authority.ensure(HOSTS, ManualClock(start + 3621 * DAY)) is True


def test_that_a_permitted_subset_of_hosts_renews_the_leaf_alone(authority: LocalAuthority) -> None:
    assert authority.ensure(HOSTS[:1], SystemClock()) is False
    names = certificate(authority.server[0]).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost", "shed.example.org"}


def test_that_a_new_host_makes_a_new_ca(authority: LocalAuthority) -> None:
    assert authority.ensure((*HOSTS, "new.example.org"), SystemClock()) is True


@pytest.mark.parametrize("torn", ["ca.key", "ca.pem", "server.key", "server.pem"])
def test_that_a_torn_pair_of_files_is_made_anew(authority: LocalAuthority, torn: str) -> None:
    (authority.directory / torn).write_text("-----BEGIN")
    authority.ensure(HOSTS, SystemClock())
    served = ServerCertificate.of_files(*authority.server, SystemClock())
    handshake(served.context, ssl.create_default_context(cafile=authority.bundle), "localhost")


def test_that_a_running_server_shows_a_renewed_leaf(tmp_path: Path) -> None:
    clock = ManualClock(SystemClock().now_ns())
    served = ServerCertificate.of_authority(tmp_path, HOSTS, clock)
    client = ssl.create_default_context(cafile=tmp_path / "tls" / "ca-bundle.pem")
    first = handshake(served.context, client, "localhost")
    served.refresh()
    assert handshake(served.context, client, "localhost") == first
    clock.advance(368 * 86400)
    served.refresh()
    renewed = certificate(served.files[0])
    assert renewed != first
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE  # it is not yet valid by the machine's clock
    assert handshake(served.context, client, "localhost") == renewed


def test_that_files_which_are_no_pair_are_refused(authority: LocalAuthority) -> None:
    with pytest.raises(BadSettings, match="--tls"):
        ServerCertificate.of_files(authority.certificate, authority.server[1], SystemClock())
    with pytest.raises(BadSettings, match="No such file"):
        ServerCertificate.of_files(authority.directory / "absent.pem", authority.server[1], SystemClock())
