"""Schema steps, one file each, forward only, and the one place that runs them."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from coreshed.database.engines import Database, SchemaTooNew

# An arbitrary constant: nodes that start together take turns under this PostgreSQL advisory lock.
_MIGRATION_LOCK = 7_245_301_988


def script_directory(chain: str) -> ScriptDirectory:
    """The steps of a chain."""
    return ScriptDirectory.from_config(_config(chain))


def _config(chain: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / chain))
    return config


def upgrade(database: Database, chain: str, version_table: str, to: str = "head") -> None:
    """Apply the missing steps, up to one of them, under a lock. Raises SchemaTooNew."""
    known = {step.revision for step in script_directory(chain).walk_revisions()}
    config = _config(chain)
    with database.engine.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        present = MigrationContext.configure(connection, opts={"version_table": version_table}).get_current_revision()
        if present is not None and present not in known:
            raise SchemaTooNew(
                f"The {chain} database is at schema {present!r}, which this program does not know. "
                "Install the newer Coreshed."
            )
        config.attributes["connection"] = connection
        config.attributes["version_table"] = version_table
        command.upgrade(config, to)
