"""What a job of this room is told."""

import msgspec

ENRICH_JOB = "upload-enrich"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are read, and of which session they came. asset_ids: those to read; empty: all of the items."""

    item_ids: tuple[str, ...]
    upload_id: str | None = None
    asset_ids: tuple[str, ...] = ()


def encode(order: Order) -> bytes:
    """As the job keeps it."""
    return msgspec.json.encode(order)


def decode(data: bytes) -> Order:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(data, type=Order)
