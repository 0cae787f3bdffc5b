"""Other servers on loopback, where they are installed: nginx with WebDAV, and Azurite. Nothing is installed here."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.sites import Site

HOW_TO_NGINX = "nginx is not installed: `apt-get install nginx-light`"
HOW_TO_AZURITE = "Azurite is not on PATH: `npm install --prefix DIR azurite`, then `PATH=DIR/node_modules/.bin:$PATH`"
_HOST = "127.0.0.1"
_START_SECONDS = 30.0
# The account that every Azurite has, from its documentation.
_ACCOUNT = "devstoreaccount1"
_ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_CONTAINER = "bench"

_NGINX = """
worker_processes auto;
pid {root}/nginx.pid;
error_log {root}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 1000000;
  client_max_body_size 0;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/unused;
  fastcgi_temp_path {root}/unused;
  uwsgi_temp_path {root}/unused;
  scgi_temp_path {root}/unused;
  server {{
    listen {host}:{port}{tls};
    root {files};
    location / {{ dav_methods PUT; create_full_put_path on; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running nginx; `files` is what it serves and where PUT stores, on the disk of the benchmark."""

    url: str
    files: Path
    pid: int
    version: str


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite."""

    url: str
    pid: int
    version: str

    def signed(self, name: str) -> str:
        """A URL of one blob that may be written and read."""
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        sas = generate_blob_sas(
            _ACCOUNT,
            _CONTAINER,
            name,
            account_key=_ACCOUNT_KEY,
            permission=BlobSasPermissions(read=True, write=True, create=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{self.url}/{_ACCOUNT}/{_CONTAINER}/{name}?{sas}"


def nginx(site: Site, *, tls: tuple[str, Path] | None = None) -> Nginx | None:
    """Start it with a configuration of its own; None where it is missing.

    tls: host, and the directory with `server.pem` and `server.key`; without it plain http on loopback.
    """
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        return None
    root = site.disk / "nginx"
    files = root / "files"
    files.mkdir(parents=True)
    port = _free_port()
    user = "user root;" if os.geteuid() == 0 else ""
    host, scheme, secured = _HOST, "http", ""
    if tls is not None:
        host, scheme = tls[0], "https"
        secured = f" ssl; ssl_certificate {tls[1]}/server.pem; ssl_certificate_key {tls[1]}/server.key"
    configuration = root / "nginx.conf"
    configuration.write_text(_NGINX.format(root=root, files=files, host=host, port=port, user=user, tls=secured))
    process = _start(site, [program, "-p", str(root), "-c", str(configuration), "-g", "daemon off;"], port, host)
    version = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    return Nginx(f"{scheme}://{host}:{port}", files, process.pid, version.strip().removeprefix("nginx version: "))


def azurite(site: Site) -> Azurite | None:
    """Start it on a directory of its own; None where it is missing."""
    program = shutil.which("azurite-blob")
    if program is None:
        return None
    from azure.storage.blob import BlobServiceClient

    root = site.disk / "azurite"
    root.mkdir()
    port = _free_port()
    listen = ["--blobHost", _HOST, "--blobPort", str(port), "--location", str(root)]
    process = _start(site, [program, *listen, "--silent", "--skipApiVersionCheck", "--disableTelemetry"], port)
    url = f"http://{_HOST}:{port}"
    with BlobServiceClient(f"{url}/{_ACCOUNT}", credential=_ACCOUNT_KEY) as service:
        service.create_container(_CONTAINER)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return Azurite(url, process.pid, f"Azurite {version.strip()}")


def _start(site: Site, command: Sequence[str], port: int, host: str = _HOST) -> "subprocess.Popen[bytes]":
    with (site.disk / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=site.disk)
    site.at_end(lambda: _end(process))
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return process
    raise RuntimeError(f"{command[0]} did not start: {(site.disk / (Path(command[0]).name + '.log')).read_text()}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server((_HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
