"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from coreshed.client.known import api_keys
from coreshed.client.known import assets
from coreshed.client.known import catalog
from coreshed.client.known import collections
from coreshed.client.known import items
from coreshed.client.known import projects
from coreshed.client.known import provenance
from coreshed.client.known import share
from coreshed.client.known import stac
from coreshed.client.known import uploads
from coreshed.client.known import usage
from coreshed.client.operation_calls import Known

OPERATIONS: tuple[Known, ...] = (
    *api_keys.OPERATIONS,
    *assets.OPERATIONS,
    *catalog.OPERATIONS,
    *collections.OPERATIONS,
    *items.OPERATIONS,
    *projects.OPERATIONS,
    *provenance.OPERATIONS,
    *share.OPERATIONS,
    *stac.OPERATIONS,
    *uploads.OPERATIONS,
    *usage.OPERATIONS,
)
