"""The Block Model API on the wire, field by field."""

from coreshed.blockmodels.wire import geometry, models, queries, reports, updates, versions
from coreshed.blockmodels.wire.reading import Body, read, refusal

__all__ = ["Body", "geometry", "models", "queries", "read", "refusal", "reports", "updates", "versions"]
