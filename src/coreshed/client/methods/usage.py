"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

import builtins
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from coreshed.client import operation_answers as answers
from coreshed.client.operation_calls import Resource


class Usage(Resource):
    """`usage.*`."""

    def current(self, *, organization_id: str) -> answers.UsageCurrent:
        """Say what an organisation stores and has reserved, and what is left.

        Scope `usage:read`, side-effect read.
        """
        return self._call("usage.current", {"organization_id": organization_id}, answers.UsageCurrent)

    def recalculate_storage(self, *, organization_id: str) -> answers.Recalculated:
        """Count what an organisation stores, and set its accounts right; takes an administrator.

        Scope `usage:write`, side-effect compute.
        """
        return self._call("usage.recalculate_storage", {"organization_id": organization_id}, answers.Recalculated)
