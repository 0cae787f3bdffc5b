"""The composition root: settings to databases to services to one ASGI application."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from coreshed.blobs import BlobRoom
from coreshed.blockmodels.blocks import Blocks
from coreshed.blockmodels.engine.published import published_tokens
from coreshed.blockmodels.kinds import job_kinds
from coreshed.blockmodels.purpose import Answer, UpdateFile
from coreshed.blockmodels.service import BlockModels
from coreshed.blockmodels.service import Ground as BlockModelGround
from coreshed.blockmodels.sql.limits import SqlLimits
from coreshed.catalogue import Archive, Catalogue
from coreshed.clock import Clock, SystemClock
from coreshed.colormaps import Colormaps
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from coreshed.database.schema import migrate
from coreshed.enrichment.ingest import ReadIngest
from coreshed.enrichment.purpose import Thumbnails
from coreshed.enrichment.reading import Limits
from coreshed.enrichment.service import Enriching, job_kind
from coreshed.failures import Failures
from coreshed.files import FileContent, Files
from coreshed.folders import Folders
from coreshed.identity import ApiKeyVerifier, Identity
from coreshed.identity.issuer import ExternalVerifier, Issuer, Realms, TokenKeys, TokenVerifier, trusted_issuer
from coreshed.jobs import Jobs, JobWorker, files_of_job
from coreshed.metrics import Metrics
from coreshed.objects import Ground, ObjectData, Objects
from coreshed.origins import Origins
from coreshed.quota import Quota
from coreshed.settings import BadSettings, Settings
from coreshed.stac import Stac
from coreshed.uploads import Ground as UploadGround
from coreshed.uploads import UploadContent, UploadSessions
from coreshed.workspaces import Workspaces

if TYPE_CHECKING:
    from litestar import Litestar

    from coreshed.front import AsgiApp, Front

_FIRST_WORKSPACE = "First workspace"


_NOT_SET_UP = "No server has set this database up yet: start 'coreshed serve' first, or name the right --database."


@dataclass(frozen=True, slots=True)
class KnownIds:
    """The ids that a script needs to begin with."""

    organisation_id: str
    workspace_id: str


@dataclass(frozen=True, slots=True)
class Created:
    """What this very start created; the key is shown once."""

    organisation_id: str
    workspace_id: str
    admin_key: str


@dataclass(frozen=True, slots=True)
class Databases:
    """The main tables and the staging ledger; on PostgreSQL both are the same database."""

    main: Database
    staging: Database

    @classmethod
    def open(cls, settings: Settings, *, create: bool = True) -> "Databases":
        """Open and migrate; without `create` only what is there. Raises SchemaTooNew, BadSettings."""
        if settings.database and not settings.database.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
            raise BadSettings("--database takes a sqlite:/// or postgresql:// URL.")
        main_url = settings.database or sqlite_url(settings.data_dir / "coreshed.db")
        main = _database(main_url, settings)
        if not create and main.is_sqlite and not Path(main.url.database or "").exists():
            raise BadSettings(_NOT_SET_UP)
        staging = _database(sqlite_url(_beside(main, settings)), settings) if main.is_sqlite else main
        migrate(main, "main")
        migrate(staging, "staging")
        return cls(main, staging)

    def close(self) -> None:
        """Close the connections."""
        self.main.close()
        if self.staging is not self.main:
            self.staging.close()


def _database(url: str, settings: Settings) -> Database:
    # Jobs bring connections of their own: one each, and those that claim and renew.
    more = settings.job_threads + 2 if settings.only == "worker" else 0
    return Database(
        url,
        readers=settings.sql_readers + more,
        writers=settings.sql_writers + more,
        busy_timeout=settings.busy_timeout,
    )


def _beside(main: Database, settings: Settings) -> Path:
    """The staging file lies beside the main one."""
    path = Path(main.url.database or settings.data_dir / "coreshed.db")
    return path.with_name("staging.db")


class Application:
    """Every service of one process, and the ASGI application over them."""

    def __init__(
        self, settings: Settings, origins: Origins, clock: Clock, databases: Databases, *, set_up: bool = True
    ) -> None:
        self.settings = settings
        self.origins = origins
        self.databases = databases
        self._clock = clock
        self.identity, self.issuer = self._open_identity(clock)
        if not set_up:
            self._require_set_up()
        self.jobs = Jobs(databases.main, clock, lifetime=settings.finished_job_lifetime)
        self.workspaces = Workspaces(databases.main, clock, self.identity)
        self.issuer.name_projects(self.workspaces.default_for)
        self.quota = Quota(databases.main, clock, default_limit=settings.storage_limit)
        self.folders = Folders(databases.main, clock, self.identity, self.workspaces)
        self.blobs = self._open_blobs(clock)
        self.catalogue = self._open_catalogue(clock)
        self.objects = Objects(self._ground(clock))
        self.files = self._open_files(clock)
        self.folders.register(self.files)
        self.uploads = self._open_uploads(clock)
        self.colormaps = Colormaps(databases.main, clock, self.workspaces, self.objects)
        self.block_models = self._open_block_models(clock)
        self.stac = Stac(
            database=databases.main,
            catalogue=self.catalogue,
            root=f"{origins.public_url.rstrip('/')}/stac",
        )
        self.enriching = self._open_enriching()
        for kind in (*job_kinds(self.block_models), job_kind(self.enriching)):
            self.jobs.register(kind)
        self.metrics = Metrics()
        self.first_start, self.instance = self._bootstrap()

    def _open_blobs(self, clock: Clock) -> BlobRoom:
        return BlobRoom.open(
            settings=self.settings,
            main=self.databases.main,
            staging=self.databases.staging,
            clock=clock,
            purposes=[
                ObjectData(self.workspaces),
                FileContent(self.workspaces, self.folders, clock),
                UpdateFile(self.workspaces, self.jobs),
                Answer(),
                UploadContent(
                    self.workspaces, Archive(), self.quota, clock, lifetime=self.settings.upload_session_lifetime
                ),
                Thumbnails(),
            ],
            blob_origin=self.origins.blob_url,
            upload_origin=self.origins.public_url,
            also_named=[files_of_job, published_tokens],  # in this order: publishing ends the job
        )

    def _ground(self, clock: Clock) -> Ground:
        return Ground(
            database=self.databases.main,
            workspaces=self.workspaces,
            identity=self.identity,
            blobs=self.blobs.blobs,
            links=self.blobs.links,
            clock=clock,
            settings=self.settings,
            public_url=self.origins.public_url,
        )

    def _open_catalogue(self, clock: Clock) -> Catalogue:
        catalogue = Catalogue(
            database=self.databases.main,
            clock=clock,
            workspaces=self.workspaces,
            quota=self.quota,
            blobs=self.blobs.blobs,
            dropping=self.blobs.dropping,
            links=self.blobs.storage_links,
            link_lifetime=self.settings.link_lifetime,
        )
        self.quota.register(catalogue.measure)
        return catalogue

    def _open_files(self, clock: Clock) -> Files:
        return Files(
            database=self.databases.main,
            workspaces=self.workspaces,
            folders=self.folders,
            identity=self.identity,
            blobs=self.blobs.blobs,
            uploads=self.blobs.uploads,
            links=self.blobs.links,
            clock=clock,
            public_url=self.origins.public_url,
            staged_lifetime=self.settings.staged_block_lifetime,
        )

    def _open_uploads(self, clock: Clock) -> UploadSessions:
        return UploadSessions(
            UploadGround(
                settings=self.settings,
                database=self.databases.main,
                clock=clock,
                workspaces=self.workspaces,
                quota=self.quota,
                blobs=self.blobs.blobs,
                dropping=self.blobs.dropping,
                staged=self.blobs.uploads,
                metering=self.blobs.metering,
                links=self.blobs.storage_links,
                ingest=self.ingest,
            )
        )

    @cached_property
    def ingest(self) -> ReadIngest:
        """What completing an upload does."""
        return ReadIngest(self.catalogue.ingest, self.jobs)

    def _open_enriching(self) -> Enriching:
        return Enriching(
            database=self.databases.main,
            jobs=self.jobs,
            contents=self.blobs.contents,
            catalogue=self.catalogue,
            limits=Limits(self.settings.enrichment_memory, self.settings.enrichment_seconds),
            job_seconds=self.settings.enrichment_job_seconds,
        )

    def _open_block_models(self, clock: Clock) -> BlockModels:
        return BlockModels(
            BlockModelGround(
                database=self.databases.main,
                workspaces=self.workspaces,
                identity=self.identity,
                references=self.objects.references,
                jobs=self.jobs,
                blocks=Blocks(self.databases.main, self.blobs.store, self.settings.data_dir / "scratch"),
                blobs=self.blobs.blobs,
                links=self.blobs.links,
                contents=self.blobs.contents,
                clock=clock,
                public_url=self.origins.public_url,
                sql_limits=SqlLimits(self.settings.sql_memory, self.settings.sql_seconds),
            )
        )

    @classmethod
    def open(cls, settings: Settings, origins: Origins, clock: Clock | None = None) -> "Application":
        """Open everything; creates schema, keys, organisation, administrator and a workspace where there are none."""
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return cls(settings, origins, clock or SystemClock(), Databases.open(settings))

    @classmethod
    def open_to_serve(cls, settings: Settings, origins: Origins) -> "Application":
        """`open` for a server that holds the lock of its data directory."""
        opened = cls.open(settings, origins)
        if not settings.only and opened.databases.main.is_sqlite:
            # It is alone with this database: bodies that were on their way have ended with whoever took them.
            opened.uploads.mending.mend(alone=True)
        return opened

    @classmethod
    def open_existing(cls, settings: Settings, origins: Origins) -> "Application":
        """Open an installation that a server has set up; makes nothing that is not there. Raises BadSettings."""
        return cls(settings, origins, SystemClock(), Databases.open(settings, create=False), set_up=False)

    def _open_identity(self, clock: Clock) -> tuple[Identity, Issuer]:
        keys = TokenKeys(database=self.databases.main, clock=clock, secret=self.settings.secret)
        realms = Realms.of(self.origins.public_url, self.settings)
        verifier = TokenVerifier(keys, realms)
        trusted = [trusted_issuer(text) for text in self.settings.trusted_issuers]
        external = ExternalVerifier(trusted, self.databases.main, clock)
        identity = Identity(self.databases.main, clock, [external, verifier, ApiKeyVerifier()])
        issuer = Issuer(
            settings=self.settings,
            database=self.databases.main,
            clock=clock,
            identity=identity,
            keys=keys,
            realms=realms,
            verifier=verifier,
        )
        return identity, issuer

    def _require_set_up(self) -> None:
        with self.databases.main.reading() as rows:
            if not self.identity.list_organisations(rows):
                raise BadSettings(_NOT_SET_UP)

    def _bootstrap(self) -> tuple[Created | None, KnownIds]:
        with self.databases.main.writing() as rows:
            created = self.identity.bootstrap(rows, admin_key=self.settings.admin_key)
            self.issuer.bootstrap(rows)
            organisation_id = created.organisation_id if created else self.identity.list_organisations(rows)[0].id
            workspace_id = self.workspaces.first_of(rows, organisation_id=organisation_id) or ""
            if created:
                workspace_id = self.workspaces.create_first(
                    rows, organisation_id=organisation_id, owner_id=created.admin_id, name=_FIRST_WORKSPACE
                )
        instance = KnownIds(organisation_id, workspace_id)
        if created is None:
            return None, instance
        return Created(organisation_id, workspace_id, created.admin_key), instance

    @cached_property
    def front(self) -> "Front":
        """What is served, made when it is first asked for: commands and the worker start without the framework."""
        from coreshed.front import Front
        from coreshed.operations import Rooms

        return Front(
            settings=self.settings,
            origins=self.origins,
            database=self.databases.main,
            rooms=Rooms(self.identity, self.workspaces, self.quota, self.catalogue, self.uploads, self.jobs),
            issuer=self.issuer,
            folders=self.folders,
            objects=self.objects,
            files=self.files,
            colormaps=self.colormaps,
            block_models=self.block_models,
            blobs=self.blobs.plane,
            storage=self.blobs.storage,
            metrics=self.metrics,
            clock=self._clock,
            stac=self.stac,
        )

    @property
    def apis(self) -> "Litestar":
        """The JSON APIs alone."""
        return self.front.apis

    @property
    def asgi(self) -> "AsgiApp":
        """All that is served."""
        return self.front.whole

    def part(self, only: str) -> "AsgiApp":
        """What one process of a split installation serves, `api` or `blobs`; everything where `only` is empty."""
        return self.front.part(only)

    async def publish_demo(self) -> None:
        """Publish the demonstration workspace, once."""
        from coreshed import demo

        await demo.publish(
            demo.Site(
                asgi=self.asgi,
                data_dir=self.settings.data_dir,
                public_url=self.origins.public_url,
                organisation_id=self.instance.organisation_id,
                identity=self.identity,
                database=self.databases.main,
                clock=self._clock,
            )
        )

    def upkeep_round(self) -> None:
        """One round of background work; blocks. A step that fails keeps none of the others from being taken."""
        failures = Failures()
        for step in (
            self.blobs.upkeep.round,
            self.files.forget_abandoned,
            self.uploads.ending.expire,
            self.uploads.mending.mend,
            self.issuer.upkeep,
            self.jobs.upkeep,
            self._forget_replays,
        ):
            with failures.noted():
                step()
        failures.raise_any()

    def _forget_replays(self) -> None:
        from coreshed.operations import replays  # not with the commands, which have no use for operations

        replays.sweep(self.databases.main, self._clock)

    def start_jobs(self, worker_id: str) -> JobWorker:
        """Run jobs in this process until the worker is stopped; their leases stand under this id."""
        return JobWorker(self.jobs, threads=self.settings.job_threads, worker_id=worker_id).start()

    def release_jobs(self, worker_id: str) -> None:
        """Put back what a worker had that has ended."""
        with self.databases.main.writing() as rows:
            self.jobs.release(rows, worker_id)

    def has_jobs(self) -> bool:
        """True where a job is queued or being done."""
        with self.databases.main.reading() as rows:
            return self.jobs.anything_active(rows)

    def on_queued(self, wake: Callable[[], None]) -> None:
        """Call `wake` after every commit of this process that leaves a job queued."""
        self.jobs.on_queued(wake)

    def close(self) -> None:
        """Finish background threads and close every connection."""
        self.block_models.ground.blocks.close()
        self.blobs.close()
        self.issuer.close()
        self.databases.close()
