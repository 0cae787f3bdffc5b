"""Servers that the tests of published clients share."""

from tests.server import shared_postgresql_server, shared_server, shared_sqlite_server

# Fixtures of these tests too.
__all__ = ["shared_postgresql_server", "shared_server", "shared_sqlite_server"]
