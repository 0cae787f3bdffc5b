"""Real server processes for the published clients."""

from tests.server import server, shared_postgresql_server, shared_server, shared_sqlite_server

# Fixtures of these tests too; those that define a server of their own use that one.
__all__ = ["server", "shared_postgresql_server", "shared_server", "shared_sqlite_server"]
