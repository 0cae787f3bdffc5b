"""The database: engines, transactions and the bounded pools in which services run."""

from coreshed.database.engines import Database, Rows, SchemaTooNew, after_commit
from coreshed.database.metadata import main, staging

__all__ = ["Database", "Rows", "SchemaTooNew", "after_commit", "main", "staging"]
