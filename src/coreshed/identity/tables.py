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
    Column("own_role", Text),  # the role without what groups give; null: the same
)

# A row is somebody who will become a member when a user of this address is created.
organisation_invitations = Table(
    "organisation_invitations",
    main,
    Column("id", Text, primary_key=True),
    Column("organisation_id", Text, ForeignKey("organisations.id"), nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Key, nullable=False),
    Column("role", Text, nullable=False),
    Column("invited_by", Text, ForeignKey("users.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Index("uq_organisation_invitations_email", "organisation_id", "email_key", unique=True),
    Index("ix_organisation_invitations_email_key", "email_key"),
)

# Groups of users, kept by the operator; a group that is given to a role gives the role to its members.
directory_groups = Table(
    "directory_groups",
    main,
    Column("id", Text, primary_key=True),
    Column("organisation_id", Text, ForeignKey("organisations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("description", Text, nullable=False),
    Column("role", Text),  # of the organisation; null: the group gives none
    Index("uq_directory_groups_name", "organisation_id", "name_key", unique=True),
)

directory_group_members = Table(
    "directory_group_members",
    main,
    Column("group_id", Text, ForeignKey("directory_groups.id"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Index("ix_directory_group_members_user_id", "user_id"),
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
    Column("rate_limit", BigInteger),  # calls of operations in a minute; null: no limit of its own
    Index("ix_api_keys_user_id", "user_id"),
)
