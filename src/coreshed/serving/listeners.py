"""Sockets, bound before anything else: URLs can then name the port behind 0, and a taken address ends the start."""

import ipaddress
import socket
from dataclasses import dataclass

from coreshed.settings import BadSettings

BACKLOG = 2048
TLS_PORT = 443
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104  (recognised, not bound)


class CannotBind(Exception):
    """An address cannot be listened on; the program exits with code 4 and this sentence."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. `host` is a name or an IP address without brackets, in lower case."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """`127.0.0.1:8080`, `localhost:0` or `[::1]:8080`. Raises BadSettings."""
        host, colon, port = text.rpartition(":")
        bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not (colon and bare and port.isdecimal() and int(port) < 65536) or (":" in bare and bare == host):
            raise BadSettings(f"--listen {text!r}: expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.")
        return cls(bare.lower(), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def plain_url(self) -> str:
        """The origin a client uses for a plain listener here; a wildcard is reached by the machine's name."""
        return f"http://{Address(host_name(), self.port) if self.host in _WILDCARDS else self}"

    def tls_host(self, public_host: str | None) -> str:
        """The name a client uses for port 443 on this host: a host name or an IPv4 address.

        `public_host`, the host of the public URL where that is set, names a wildcard. IPv6 addresses are no names for
        byte links, because the Evo SDK drops the brackets.
        """
        if self.host in _LOOPBACK_NAMES:
            return "localhost"
        if self.host in _WILDCARDS:
            return public_host or host_name()
        return host_name() if ":" in self.host else self.host


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound and listening socket; `address` has the port the system chose."""

    address: Address
    socket: socket.socket
    tls: bool = False


def host_name() -> str:
    """The machine's name in lower case, `localhost` where it has none that a URL can carry."""
    name = socket.gethostname().lower()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"


def is_wildcard(host: str) -> bool:
    """True where a listener takes every address of the machine."""
    return host in _WILDCARDS


def is_ip(host: str) -> bool:
    """True for an IPv4 or IPv6 address without brackets."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def bind(address: Address, *, tls: bool = False) -> Listener:
    """Listen on `address`. Connections queue until the server accepts them. Raises CannotBind."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise CannotBind(f"Cannot listen on {address}: the host name is unknown ({error.strerror}).") from error
    # `localhost` may mean both families: IPv4 is what the default URL and most clients try.
    family, kind, protocol, _, where = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(where)
        listening.listen(BACKLOG)  # bound alone, two processes could hold the same port
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise CannotBind(f"Cannot listen on {address}: {error.strerror or error}.") from error
    return Listener(Address(address.host, listening.getsockname()[1]), listening, tls)
