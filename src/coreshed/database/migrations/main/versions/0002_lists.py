"""Lists: the rectangle as text, and an index for counts by schema and number."""

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("objects", sa.Column("box", sa.Text()))
    _fill(op.get_bind())
    op.create_index(
        "ix_object_properties_schema_number",
        "object_properties",
        ["path_no", "deleted", "schema_no", "number", "kind"],
        unique=False,
        sqlite_where=sa.text("kind = 2"),
        postgresql_where=sa.text("kind = 2"),
    )


def _fill(rows: sa.Connection) -> None:
    sides: list[sa.ColumnClause[float]] = [sa.column(name) for name in ("west", "south", "east", "north")]
    objects = sa.table("objects", sa.column("no"), sa.column("box"), *sides)
    boxed = sa.select(objects.c.no, *sides).where(sides[0].is_not(None)).order_by(objects.c.no).limit(_AT_ONCE)
    change = sa.update(objects).where(objects.c.no == sa.bindparam("key")).values(box=sa.bindparam("text"))
    last = 0
    while found := rows.execute(boxed.where(objects.c.no > last)).all():
        rows.execute(change, [{"key": no, "text": msgspec.json.encode(box).decode()} for no, *box in found])
        last = found[-1].no
