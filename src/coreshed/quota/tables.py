"""Accounts of storage, one for each organisation and each project, and what uploads have reserved of them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table

from coreshed.database import main
from coreshed.database.metadata import Key

# `id` is that of the organisation or of the project. A limit that is null is the setting's for an organisation, and
# none at all for a project. Rows are made when they are first needed.
quota_accounts = Table(
    "quota_accounts",
    main,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("limit_bytes", BigInteger),
    Column("used_bytes", BigInteger, nullable=False),
    Column("reserved_bytes", BigInteger, nullable=False),
    CheckConstraint("used_bytes >= 0", name="ck_quota_accounts_used"),
    CheckConstraint("reserved_bytes >= 0", name="ck_quota_accounts_reserved"),
    Index("ix_quota_accounts_organisation_id", "organisation_id"),
)

# One for each upload session that is not over. `charged` is what has arrived or is arriving; where it passes what was
# announced, the reservation grows with it, and shrinks where bytes go again. `lent` is what has come besides, in the
# place of bytes that are charged until they have gone.
quota_reservations = Table(
    "quota_reservations",
    main,
    Column("id", Key, primary_key=True),
    Column("organisation_id", Key, ForeignKey("organisations.id"), nullable=False),
    Column("workspace_id", Key, ForeignKey("workspaces.id"), nullable=False),
    Column("announced_bytes", BigInteger, nullable=False),
    Column("reserved_bytes", BigInteger, nullable=False),
    Column("charged_bytes", BigInteger, nullable=False),
    Column("lent_bytes", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("charged_bytes >= 0", name="ck_quota_reservations_charged"),
    CheckConstraint("reserved_bytes >= charged_bytes", name="ck_quota_reservations_reserved"),
    Index("ix_quota_reservations_organisation_id", "organisation_id"),
    Index("ix_quota_reservations_workspace_id", "workspace_id"),
)
