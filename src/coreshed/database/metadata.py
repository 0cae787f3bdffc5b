"""The two table registries and the column types that behave alike on SQLite and PostgreSQL."""

from sqlalchemy import BigInteger, Integer, MetaData, Text

# Names of constraints are fixed, so that migrations can find them again on both databases.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Staged blocks live apart: on SQLite in a file of their own, so that uploads never wait for metadata.
main = MetaData(naming_convention=_NAMES)
staging = MetaData(naming_convention=_NAMES)

# Text sorts and compares by code point on both: SQLite's BINARY is memcmp of UTF-8, PostgreSQL's "C" the same.
Key = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite assigns row numbers only to a column declared INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")
