"""Rows into the words of the wire."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from coreshed import clock, ids
from coreshed.blockmodels import dialect, units
from coreshed.blockmodels.dialect import Client
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.titles import is_system
from coreshed.blockmodels.units import Unit
from coreshed.blockmodels.wire import models as wire
from coreshed.blockmodels.wire import versions
from coreshed.wire_common import User


def model_url(public_url: str, workspace: ids.WorkspaceKey, model_id: str) -> str:
    """The address of a model in this API."""
    return (
        f"{public_url}/blockmodel/orgs/{workspace.organisation_id}/workspaces/{workspace.workspace_id}"
        f"/block-models/{model_id}"
    )


def job_url(public_url: str, model: StoredModel, job_id: str) -> str:
    """The address of a job; clients take the id from its end."""
    return f"{model_url(public_url, model.workspace, model.id)}/jobs/{job_id}"


def people_of(models: Iterable[StoredModel]) -> set[str]:
    """Ids of the users that answers about these models name."""
    return {user for model in models for user in (model.created_by, model.updated_by)}


def _members(model: StoredModel, users: Mapping[str, User]) -> dict[str, Any]:
    geometry = model.geometry
    return {
        "bm_uuid": model.id,
        "org_uuid": model.organisation_id,
        "workspace_id": model.workspace_id,
        "name": model.name,
        "description": model.description,
        **{name: getattr(geometry, name) for name in geometry.__struct_fields__},
        "coordinate_reference_system": model.coordinate_reference_system,
        "size_unit_id": model.size_unit_id,
        "fill_subblocks": model.fill_subblocks,
        "geoscience_object_id": model.object_id,
        "created_at": clock.iso_microseconds(model.created_ns),
        "created_by": users[model.created_by],
        "last_updated_at": clock.iso_microseconds(model.updated_ns),
        "last_updated_by": users[model.updated_by],
    }


def block_model(model: StoredModel, users: Mapping[str, User]) -> wire.BlockModel:
    """A model."""
    return wire.BlockModel(**_members(model, users))


def created(model: StoredModel, users: Mapping[str, User], url: str) -> wire.BlockModelAndJobURL:
    """A new model and the address of the job that made its first version."""
    return wire.BlockModelAndJobURL(**_members(model, users), job_url=url)


def _version_members(version: StoredVersion, users: Mapping[str, User]) -> dict[str, Any]:
    return {
        "bm_uuid": version.model_id,
        "version_uuid": version.version_uuid,
        "version_id": version.version_id,
        "parent_version_id": version.parent_version_id,
        "base_version_id": version.base_version_id,
        "bbox": version.bbox,
        "comment": version.comment,
        "created_at": clock.iso_microseconds(version.created_ns),
        "created_by": users[version.created_by],
        "geoscience_version_id": version.geoscience_version_id,
    }


def version(stored: StoredVersion, users: Mapping[str, User]) -> versions.Version:
    """A version by itself."""
    return versions.Version(**_version_members(stored, users), mapping=stored.mapping)


def version_with_changes(stored: StoredVersion, users: Mapping[str, User]) -> versions.VersionWithChanges:
    """A version and what it did."""
    members = _version_members(stored, users)
    return versions.VersionWithChanges(**members, mapping=stored.mapping, changes=stored.changes)


def listed_version(stored: StoredVersion, users: Mapping[str, User]) -> versions.ListingVersion:
    """A version in a list."""
    return versions.ListingVersion(**_version_members(stored, users), mapping=listing_mapping(stored.mapping))


def listing_mapping(mapping: versions.Mapping) -> versions.ListingMapping:
    """Columns and groups without their tags."""
    return versions.ListingMapping(
        columns=[_without_tags(each, versions.ListingColumn) for each in mapping.columns],
        groups=[_without_tags(each, versions.ListingGroup) for each in mapping.groups],
    )


def _without_tags(full: msgspec.Struct, kind: Any) -> Any:
    return kind(**{name: getattr(full, name) for name in kind.__struct_fields__})


def referenced_units(found: Iterable[versions.Mapping], client: Client) -> list[wire.Unit]:
    """Every unit that columns of these versions have, in the order of the table, as far as the client reads them."""
    used = {column.unit_id for mapping in found for column in mapping.columns if not is_system(column)}
    return units_among(used, client)


def units_among(used: Container[str | None], client: Client) -> list[wire.Unit]:
    """The units of these ids, in the order of the table, as far as the client reads them."""
    return [_unit(unit) for unit in units.UNITS if unit.id in used and client.reads(unit)]


def shown_units(found: Sequence[Unit], client: Client) -> list[wire.Unit]:
    """The units that the client is offered."""
    return [_unit(unit) for unit in dialect.known_units(client, found)]


def _unit(unit: Unit) -> wire.Unit:
    return wire.Unit(unit.id, unit.symbol, unit.description, unit.type, unit.factor)
