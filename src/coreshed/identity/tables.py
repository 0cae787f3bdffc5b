"""Organisations, users and their keys."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

organisations = Table(
    "organisations",
    main,
    Column("id", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)

users = Table(
    "users",
    main,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Key, nullable=False, unique=True),
    Column("name", Text),
    Column("created_ns", BigInteger, nullable=False),
    Column("disabled_ns", BigInteger),
)

organisation_members = Table(
    "organisation_members",
    main,
    Column("organisation_id", Text, ForeignKey("organisations.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("role", Text, nullable=False),  # admin or member
)

# `digest` is the SHA-256 of the whole key; the key itself is shown once and kept nowhere.
api_keys = Table(
    "api_keys",
    main,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # space-separated, as granted
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger),
    Column("revoked_ns", BigInteger),
    Index("ix_api_keys_user_id", "user_id"),
)
