"""A local certificate authority: the Evo SDK moves bytes only over https on port 443, also on a laptop.

DATA/tls/ holds ca.pem, ca.key, server.pem (leaf and CA), server.key and ca-bundle.pem. The CA is constrained to the
hosts of this server, so that a stolen ca.key vouches for nothing else.
"""

import fcntl
import ipaddress
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from coreshed import logs
from coreshed.clock import NANOSECONDS, Clock
from coreshed.serving.files import replace_file
from coreshed.serving.listeners import is_ip
from coreshed.settings import BadSettings

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=397)  # the longest that browsers accept
RENEWAL = timedelta(days=30)
_BACKDATE = timedelta(hours=1)  # a client's clock may be behind
_ALWAYS = ("localhost", "127.0.0.1", "::1")
_SYSTEM_ROOTS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Red Hat
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS
)
log = logs.logger(__name__)

_END = "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def expires_after(self, moment: datetime) -> bool:
        """True while the certificate is valid beyond `moment`."""
        return self.certificate.not_valid_after_utc > moment


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """The files of DATA/tls."""

    directory: Path

    @property
    def bundle(self) -> Path:
        """CA certificates for clients, whose variables replace their own list: ours first, then the public ones."""
        return self.directory / "ca-bundle.pem"

    @property
    def certificate(self) -> Path:
        """Our CA certificate alone."""
        return self.directory / "ca.pem"

    @property
    def server(self) -> tuple[Path, Path]:
        """The leaf with its chain, and its key."""
        return self.directory / "server.pem", self.directory / "server.key"

    def ensure(self, hosts: Iterable[str], clock: Clock) -> bool:
        """Make or renew what is missing, near its end or for other hosts. Returns True for a new CA.

        A new CA replaces one that does not permit `hosts`: every client has to read the bundle again.
        """
        names = tuple(dict.fromkeys((*_ALWAYS, *(host.lower() for host in hosts))))
        now = datetime.fromtimestamp(clock.now_ns() // NANOSECONDS, UTC)
        self.directory.mkdir(mode=0o755, exist_ok=True)
        with self._locked():
            authority = self._load("ca")
            renewed = authority is None or not (authority.expires_after(now + RENEWAL) and _permits(authority, names))
            if authority is None or renewed:
                authority = _new_authority(names, now)
                self._store("ca", authority)
            leaf = self._load("server")
            if leaf is None or renewed or not (leaf.expires_after(now + RENEWAL) and _covers(leaf, names)):
                self._store("server", _new_leaf(authority, names, now), chain=authority.certificate)
            self._write_bundle(authority.certificate)
        return renewed

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # The processes of a split installation start together on one directory.
        with (self.directory / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _load(self, name: str) -> Issued | None:
        """What is stored under `name`; None when absent, unreadable or torn between two files by a crash."""
        try:
            certificate = x509.load_pem_x509_certificate((self.directory / f"{name}.pem").read_bytes())
            key = serialization.load_pem_private_key((self.directory / f"{name}.key").read_bytes(), password=None)
        except (FileNotFoundError, ValueError, TypeError):
            return None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            return None
        return Issued(certificate, key)

    def _store(self, name: str, issued: Issued, chain: x509.Certificate | None = None) -> None:
        key = issued.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        replace_file(self.directory / f"{name}.key", key, mode=0o600)
        pem = _pem(issued.certificate) + (_pem(chain) if chain is not None else "")
        replace_file(self.directory / f"{name}.pem", pem.encode(), mode=0o644)

    def _write_bundle(self, authority: x509.Certificate) -> None:
        sources = [Path(source) for source in (certifi.where(), *_SYSTEM_ROOTS)]
        public = [source.read_text(encoding="utf-8", errors="replace") for source in sources if source.exists()]
        content = "\n".join(_blocks([_pem(authority), *public])) + "\n"
        if not self.bundle.exists() or self.bundle.read_text(encoding="utf-8") != content:
            replace_file(self.bundle, content.encode(), mode=0o644)


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What the TLS listener shows: files of the operator, or a leaf of the local authority for `hosts`."""

    context: ssl.SSLContext
    files: tuple[Path, Path]
    authority: LocalAuthority | None
    hosts: tuple[str, ...]
    clock: Clock

    @classmethod
    def of_files(cls, certificate: Path, key: Path, clock: Clock) -> "ServerCertificate":
        """A certificate that somebody else renews. Raises BadSettings when the files are no pair."""
        return cls(_server_context(certificate, key), (certificate, key), None, (), clock)

    @classmethod
    def of_authority(cls, data_dir: Path, hosts: Iterable[str], clock: Clock) -> "ServerCertificate":
        """A leaf of the local CA in DATA/tls, made or renewed as needed. Raises BadSettings where it cannot be kept."""
        authority = LocalAuthority(data_dir / "tls")
        names = tuple(hosts)
        try:
            if authority.ensure(names, clock):
                log.warning(
                    "new local CA; clients read it from the bundle at their next start", bundle=str(authority.bundle)
                )
        except OSError as error:
            raise BadSettings(f"--tls: {error.filename or authority.directory}: {error.strerror or error}.") from error
        return cls(_server_context(*authority.server), authority.server, authority, names, clock)

    def refresh(self) -> None:
        """Renew our own leaf when it is due and show the files as they are now; running connections keep theirs."""
        if self.authority is not None:
            self.authority.ensure(self.hosts, self.clock)
        self.context.load_cert_chain(*self.files, password=_no_passphrase)


def _no_passphrase() -> str:
    """Instead of a question on the terminal."""
    raise BadSettings("--tls: the key is encrypted; a server that starts by itself needs one that is not.")


def _server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)  # TLS 1.2 or newer
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except OSError as error:  # ssl.SSLError is one
        raise BadSettings(f"--tls {certificate},{key}: {error.strerror or error}.") from error
    return context


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _blocks(texts: Iterable[str]) -> list[str]:
    """The certificates of PEM files, each once, without the commentary between them."""
    found: dict[str, None] = {}
    for text in texts:
        for part in text.split(_END)[:-1]:
            begin = part.rfind("-----BEGIN CERTIFICATE-----")
            if begin >= 0:
                found[part[begin:].strip() + "\n" + _END] = None
    return list(found)


def _general_name(host: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_address(host)) if is_ip(host) else x509.DNSName(host)


def _constraint(host: str) -> x509.GeneralName:
    return x509.IPAddress(ipaddress.ip_network(host)) if is_ip(host) else x509.DNSName(host)


def _permits(authority: Issued, names: Iterable[str]) -> bool:
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    return set(constraints.permitted_subtrees or ()) >= {_constraint(name) for name in names}


def _covers(leaf: Issued, names: Iterable[str]) -> bool:
    present = leaf.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(present) == {_general_name(name) for name in names}


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _new_authority(names: Iterable[str], now: datetime) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Coreshed"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Coreshed local CA {now:%Y-%m-%d %H:%M}"),
        ]
    )
    builder = (
        _builder(subject, key, now)
        .issuer_name(subject)
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints([_constraint(name) for name in names], None), critical=True)
    )
    return Issued(builder.sign(key, hashes.SHA256()), key)


def _new_leaf(authority: Issued, names: Iterable[str], now: datetime) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    # No common name: where a certificate has alternative names, clients read nothing else.
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Coreshed server")])
    issuer = authority.certificate
    issuer_key = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(subject, key, now)
        .issuer_name(issuer.subject)
        .not_valid_after(min(now + LEAF_LIFETIME, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
    )
    return Issued(builder.sign(authority.key, hashes.SHA256()), key)
