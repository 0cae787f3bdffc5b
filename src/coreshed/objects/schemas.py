"""The published geoscience object schemas, compiled when first used."""

import json
import re
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from coreshed.problems import SchemaViolation, UnknownSchema

if TYPE_CHECKING:
    import jsonschema_rs

_ID = re.compile(r"/objects/([^/]+)/\d+\.\d+\.\d+/([^/]+\.schema\.json)")
# The ids are absolute paths; the validator wants them under some absolute URI.
_BASE = "json-schema://"
_MAX_MESSAGE = 1000


@lru_cache(maxsize=1)
def _published() -> dict[str, dict[str, Any]]:
    """Every schema of the pinned `evo-schemas` package by its `$id`."""
    found: dict[str, dict[str, Any]] = {}
    pending = [resources.files("evo_schemas").joinpath("schema")]
    while pending:
        entry = pending.pop()
        if entry.is_dir():
            pending.extend(entry.iterdir())
        elif entry.name.endswith(".json"):
            schema = json.loads(entry.read_text(encoding="utf-8"))
            found[schema["$id"]] = schema
    return found


@lru_cache(maxsize=1)
def _registry() -> "jsonschema_rs.Registry":
    import jsonschema_rs

    return jsonschema_rs.Registry(
        [(_BASE + identifier, schema) for identifier, schema in _published().items()], draft=jsonschema_rs.Draft202012
    )


# One compiled schema takes up to 10 MB, all of them over a gigabyte; compiling one anew takes 25 ms.
@lru_cache(maxsize=12)
def _validator(schema_id: str) -> "jsonschema_rs.Draft202012Validator":
    import jsonschema_rs

    # Formats are not asserted: the schemas say what they insist on by pattern.
    return jsonschema_rs.Draft202012Validator(
        _published()[schema_id], registry=_registry(), base_uri=_BASE, validate_formats=False
    )


def known_ids() -> list[str]:
    """The ids of every published object schema."""
    return sorted(name for name in _published() if _ID.fullmatch(name))


def require_known(schema_id: str) -> None:
    """Raises UnknownSchema unless `schema_id` is a published object schema."""
    if not _ID.fullmatch(schema_id) or schema_id not in _published():
        raise UnknownSchema(f"The schema {schema_id[:200]!r} is not one of the published geoscience object schemas.")


def file_name(schema_id: str) -> str:
    """`pointset.schema.json` of `/objects/pointset/1.2.0/pointset.schema.json`: what names the object's type."""
    return schema_id.rpartition("/")[2]


def validate(document: dict[str, Any]) -> None:
    """Raises SchemaViolation with the first error of `document` against the schema that it names.

    One error: a document of a million wrong elements costs no more than one of a single wrong element.
    """
    import jsonschema_rs

    try:
        _validator(document["schema"]).validate(document)
    except jsonschema_rs.ValidationError as error:
        violation = SchemaViolation(
            error.message[:_MAX_MESSAGE],
            json_path=_json_path(document, error.instance_path),
            schema_path=[step for step in error.evaluation_path if step != "$ref"],
        )
    else:
        return
    raise violation


def _json_path(document: Any, steps: list[str | int]) -> str:
    """`$.structures[0]` of ["structures", 0]; the validator writes a key of digits as a number too."""
    path = "$"
    for step in steps:
        inside_list = isinstance(document, list)
        path += f"[{step}]" if inside_list else f".{step}"
        document = (
            document[int(step)] if inside_list else document.get(str(step), {}) if isinstance(document, dict) else {}
        )
    return path
