"""Bringing a database to this program's schema, and refusing one that is newer.

The main tables and the staging ledger are two chains of Alembic steps. On SQLite they live in two files, on PostgreSQL
in one database under two version tables.
"""

import sqlalchemy as sa

from coreshed.database.engines import Database

# The newest step of each chain. Stated here so that a start on a current database need not load Alembic.
HEADS = {"main": "0016", "staging": "0002"}


def version_table(chain: str) -> str:
    """Where a chain keeps its revision."""
    return f"alembic_version_{chain}"


def revision(database: Database, chain: str) -> str | None:
    """The step a database is at, None where it has none."""
    table = version_table(chain)
    with database.reading() as rows:
        if not sa.inspect(rows).has_table(table):
            return None
        found: str | None = rows.execute(sa.select(sa.column("version_num")).select_from(sa.table(table))).scalar()
        return found


def migrate(database: Database, chain: str) -> None:
    """Apply the missing steps of `chain`, one process at a time. Raises SchemaTooNew."""
    if revision(database, chain) == HEADS[chain]:
        return
    from coreshed.database.migrations import upgrade

    upgrade(database, chain, version_table(chain))
