"""`coreshed serve`: bind, lock, certify, open, announce, serve, drain."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from coreshed import __version__, logs
from coreshed.clock import Clock, SystemClock
from coreshed.origins import Origins, resolve
from coreshed.serving import instance, memory, worker
from coreshed.serving.http import AsgiApp, HttpServer
from coreshed.serving.listeners import TLS_PORT, Address, CannotBind, Listener, bind, host_name, is_wildcard
from coreshed.serving.lock import DataLock
from coreshed.serving.tls import ServerCertificate
from coreshed.settings import BadSettings, Settings

log = logs.logger(__name__)

_CERTIFICATE_INTERVAL = 12 * 3600.0


class WorkspaceIds(Protocol):
    """The organisation and the first workspace."""

    @property
    def organisation_id(self) -> str: ...  # noqa: D102
    @property
    def workspace_id(self) -> str: ...  # noqa: D102


class FirstStart(WorkspaceIds, Protocol):
    """What this start created."""

    @property
    def admin_key(self) -> str: ...  # noqa: D102


class Served(worker.Workforce, Protocol):
    """The application, as serving sees it; `coreshed.app.Application` is one."""

    def part(self, only: str) -> AsgiApp: ...  # noqa: D102
    @property
    def first_start(self) -> FirstStart | None: ...  # noqa: D102
    @property
    def instance(self) -> WorkspaceIds: ...  # noqa: D102
    async def publish_demo(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


Opener = Callable[[Settings, Origins], Served]


def serve(settings: Settings, open_application: Opener, *, worker_command: Sequence[str] = worker.COMMAND) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotBind, BadSettings and whatever opening the application raises."""
    settings = replace(settings, data_dir=settings.data_dir.resolve())
    door = Door.open(settings, SystemClock())
    lock = DataLock(settings.data_dir, shared=bool(settings.only))
    certificate = door.certify()
    application = open_application(settings, door.origins)
    background: worker.Background | None = None
    try:
        _publish_instance(settings, application, door.origins, certificate)
        if not settings.only:
            background = _start_worker(settings, application, worker_command)
        _settle()
        house = House(settings, application, door, certificate, background)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(house.serve())
    finally:
        logs.flush()
        if background is not None:
            background.stop()
        application.close()
        lock.release()


def run_worker(settings: Settings, open_application: Opener, *, until_stdin_closes: bool) -> None:
    """Upkeep and jobs until SIGTERM, SIGINT or, as a child, the end of the parent."""
    memory.keep_freed()
    settings = replace(settings, data_dir=settings.data_dir.resolve())
    stop = worker.StopRequests(sys.stdin.buffer if until_stdin_closes else None)
    # A child works under the lock of its parent.
    lock = None if until_stdin_closes else DataLock(settings.data_dir, shared=True)
    application = open_application(settings, resolve(settings, plain_url="http://localhost", tls_host=None))
    worker_id = os.environ.get(worker.WORKER_ID) if until_stdin_closes else None
    working = worker.WorkerThread(application, settings.upkeep_interval, worker_id)
    try:
        print("ready worker", flush=True)
        stop.wait(working.wake)
    finally:
        working.stop()
        application.close()
        if lock is not None:
            lock.release()
    if not working.idle:
        os._exit(0)  # the interpreter would end under the feet of the threads that still work


@dataclass(frozen=True, slots=True)
class Door:
    """The bound listeners and the addresses they make."""

    settings: Settings
    clock: Clock
    listeners: tuple[Listener, ...]
    tls_listener: Listener | None
    origins: Origins

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> "Door":
        """Bind everything. Raises CannotBind and BadSettings."""
        if not settings.listen:
            raise BadSettings("--listen: at least one address is needed.")
        _check_split(settings)
        addresses = [Address.parse(text) for text in settings.listen]
        if settings.tls != "off" and any(address.port == TLS_PORT for address in addresses):
            raise BadSettings(f"--listen is for plain http; TLS opens port {TLS_PORT} itself, or use --tls off.")
        listeners = tuple(bind(address) for address in addresses)
        first = listeners[0].address
        wants_tls = settings.tls != "off" and not _leaves_tls_to_sibling(settings)
        tls_listener = _bind_tls(settings, first.host) if wants_tls else None
        local_tls = tls_listener is not None or _leaves_tls_to_sibling(settings)
        public_host = urlsplit(settings.public_url).hostname
        origins = resolve(
            settings, plain_url=first.plain_url(), tls_host=first.tls_host(public_host) if local_tls else None
        )
        if not origins.blob_url.startswith("https://"):
            log.warning(
                "byte links use plain http, which the Evo SDK refuses: use --tls auto, or --blob-url with a proxy",
                blob_url=origins.blob_url,
            )
        return cls(settings, clock, listeners, tls_listener, origins)

    def certify(self) -> ServerCertificate | None:
        """The certificate of the TLS listener; None without one. Raises BadSettings."""
        if self.tls_listener is None:
            return None
        if self.settings.tls in {"auto", "try"}:
            return ServerCertificate.of_authority(self.settings.data_dir, self._hosts(), self.clock)
        certificate, key = self.settings.tls.split(",")
        return ServerCertificate.of_files(Path(certificate.strip()), Path(key.strip()), self.clock)

    def _hosts(self) -> tuple[str, ...]:
        listening = self.listeners[0].address.host
        named = (host_name(), urlsplit(self.origins.public_url).hostname, urlsplit(self.origins.blob_url).hostname)
        hosts = (*named, None if is_wildcard(listening) else listening)
        return tuple(dict.fromkeys(host for host in hosts if host))


@dataclass(frozen=True, slots=True)
class House:
    """Everything that runs between `ready` and the last answer."""

    settings: Settings
    application: Served
    door: Door
    certificate: ServerCertificate | None
    background: worker.Background | None

    async def serve(self) -> None:
        """Accept on every listener, print `ready`, and drain when told to end."""
        stop = asyncio.Event()
        _on_signals(stop)
        if self.settings.demo and self.settings.only != "blobs":
            # In a task of its own: the ids of its requests are not this one's.
            await asyncio.create_task(self.application.publish_demo())
        app = self.application.part(self.settings.only)
        async with asyncio.TaskGroup() as running:
            servers = [self._start(running, app, listener) for listener in self.door.listeners]
            if self.door.tls_listener is not None and self.certificate is not None:
                servers.append(self._start(running, app, self.door.tls_listener))
            for server in servers:
                await server.serving.wait()
            renewal = running.create_task(_renew(self.certificate))
            _announce(self.settings, self.application, self.door.origins, self.certificate)
            self._print_ready()
            await stop.wait()
            log.info("draining", seconds=self.settings.drain)
            renewal.cancel()
            for server in servers:
                server.should_exit = True
            if self.background is not None:
                await asyncio.to_thread(self.background.stop)
        log.info("stopped")

    def _start(self, running: asyncio.TaskGroup, app: AsgiApp, listener: Listener) -> HttpServer:
        context = self.certificate.context if listener.tls and self.certificate is not None else None
        server = HttpServer(app, drain=self.settings.drain, context=context)
        running.create_task(server.serve(sockets=[listener.socket]))
        return server

    def _print_ready(self) -> None:
        listening = [str(listener.address) for listener in self.door.listeners]
        tls = None if self.door.tls_listener is None else str(self.door.tls_listener.address)
        log.info("serving", listening=listening, tls=tls, only=self.settings.only or None, version=__version__)
        own = self.door.listeners[0].address.plain_url()
        print(f"ready {own if self.settings.only == 'blobs' else self.door.origins.public_url}", flush=True)


def _check_split(settings: Settings) -> None:
    if settings.only == "api" and not settings.blob_url and not _leaves_tls_to_sibling(settings):
        raise BadSettings("--only api needs --blob-url, the address of the process that runs --only blobs.")


def _leaves_tls_to_sibling(settings: Settings) -> bool:
    # Port 443 with the local CA carries byte links: beside `--only api`, the process that serves those opens it.
    return settings.only == "api" and settings.tls in {"auto", "try"}


def _bind_tls(settings: Settings, host: str) -> Listener | None:
    try:
        return bind(Address(host, TLS_PORT), tls=True)
    except CannotBind as error:
        sentence = (
            f"{str(error).rstrip('.')}: byte links for the Evo SDK need port 443, so free it and allow it with "
            f"'setcap cap_net_bind_service=+ep {Path(sys.executable).resolve()}' or "
            "'sysctl net.ipv4.ip_unprivileged_port_start=443', or run a reverse proxy for it with --tls off --blob-url."
        )
        if settings.tls == "try":
            log.warning(sentence)
            return None
        raise CannotBind(sentence) from error


def _publish_instance(
    settings: Settings, application: Served, origins: Origins, certificate: ServerCertificate | None
) -> None:
    bundle = settings.data_dir / "tls" / "ca-bundle.pem"
    local_ca = (certificate is not None and certificate.authority is not None) or _leaves_tls_to_sibling(settings)
    api_url = origins.public_url
    if settings.only == "blobs":  # its own address is not that of the APIs
        with suppress(instance.NoInstance):
            api_url = instance.read(settings.data_dir).api_url
    first = application.first_start
    generated = None if first is None or settings.admin_key else first.admin_key
    instance.write(
        settings.data_dir,
        instance.Instance(
            api_url=api_url,
            blob_url=origins.blob_url,
            ca_file=str(bundle) if local_ca else None,
            organisation_id=application.instance.organisation_id,
            workspace_id=application.instance.workspace_id,
            version=__version__,
            admin_key=generated,
        ),
    )


def _announce(settings: Settings, application: Served, origins: Origins, certificate: ServerCertificate | None) -> None:
    """What a person needs, on stderr: after a first start the key, with a local CA the exports."""
    first = application.first_start
    lines: list[str] = []
    if first is not None:
        key = "as given by --admin-key" if settings.admin_key else f"{first.admin_key}   (shown once)"
        lines += [
            f"Coreshed {__version__} has been set up in {settings.data_dir}:",
            f"  url           {origins.public_url}",
            f"  organisation  {first.organisation_id}",
            f"  workspace     {first.workspace_id}",
            f"  key           {key}",
        ]
    if certificate is not None and certificate.authority is not None:
        authority = certificate.authority
        lines += [
            "Clients trust the local certificate authority with:",
            f"  export SSL_CERT_FILE={authority.bundle}",
            f"  export REQUESTS_CA_BUNDLE={authority.bundle}",
            f"  export NODE_EXTRA_CA_CERTS={authority.bundle}",
        ]
    if lines:
        print("\n".join(("", *lines, "")), file=sys.stderr, flush=True)


def _start_worker(settings: Settings, application: Served, command: Sequence[str]) -> worker.Background:
    in_memory = (
        settings.blobs.startswith("memory:") or settings.database == "sqlite://" or ":memory:" in settings.database
    )
    if in_memory:
        return worker.WorkerThread(application, settings.upkeep_interval)
    return worker.WorkerProcess(settings, application, command)


async def _renew(certificate: ServerCertificate | None) -> None:
    """Show a renewed certificate without a restart."""
    while certificate is not None:
        await asyncio.sleep(_CERTIFICATE_INTERVAL)
        try:
            await asyncio.to_thread(certificate.refresh)
        except OSError:
            log.exception("certificate not renewed")


def _on_signals(stop: asyncio.Event) -> None:
    """The first SIGTERM or SIGINT drains, the second ends at once; what was acknowledged is durable either way."""

    def told(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number)


def _settle() -> None:
    """What has been made by now stays for good: the collector of cycles need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    memory.keep_freed()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
