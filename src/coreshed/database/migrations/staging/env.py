"""Alembic's entry: the connection and its transaction come from `coreshed.database.schema.migrate`."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    version_table=config.attributes["version_table"],
    transactional_ddl=False,
)
context.run_migrations()
