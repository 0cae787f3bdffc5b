"""Every operation, as the unmodified `evo-colormaps` calls it and reads its answer."""

from datetime import UTC
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from evo.colormaps import CategoryColormap, ColormapAPIClient, ContinuousColormap, DiscreteColormap
from evo.colormaps.data import Association
from evo.colormaps.endpoints.api import ColormapsApi, WorkspaceApi
from evo.colormaps.endpoints.models import (
    CategoryColormapData,
    ColormapData,
    ContinuousColormapData,
    DiscreteColormapData,
)
from evo.common import APIConnector
from evo.common.data import HealthCheckType, ServiceStatus
from evo.common.exceptions import (
    EvoAPIException,
    ForbiddenException,
    NotFoundException,
    ServiceHealthCheckFailed,
)
from litestar import Litestar

from coreshed import health
from coreshed.database import Database
from coreshed.database.engines import sqlite_url
from tests.colormaps.conftest import CATEGORY, CONTINUOUS, DISCRETE, UNKNOWN_ID, Studio
from tests.objects.conftest import ORIGIN
from tests.workspaces.conftest import Bearer, InProcess

COLORMAPS = [
    ContinuousColormap(**{name: CONTINUOUS[name] for name in ("colors", "attribute_controls", "gradient_controls")}),
    DiscreteColormap(**{name: DISCRETE[name] for name in ("colors", "end_points", "end_inclusive")}),
    CategoryColormap(**{name: CATEGORY[name] for name in ("colors", "map")}),
]


async def test_that_each_kind_comes_back_as_its_own_class(studio: Studio) -> None:
    """46"""
    client = studio.evo()
    made = [await client.create_colormap(each, f"map {n}") for n, each in enumerate(COLORMAPS)]
    assert [each.colormap for each in made] == COLORMAPS
    assert [each.name for each in made] == ["map 0", "map 1", "map 2"]
    for each in made:
        assert each.created_at.tzinfo == UTC
        assert each.modified_at == each.created_at
        assert each.modified_by == each.created_by
        assert each.url() == f"{ORIGIN}{studio.root}/colormaps/{each.id}"
        assert await client.get_colormap_by_id(each.id) == each
    assert await studio.evo("viewer").get_colormap_collection() == made


async def test_that_one_association_is_made_found_and_listed(studio: Studio) -> None:
    """48"""
    client, object_id = studio.evo(), UUID(studio.object_id)
    colormap = await client.create_colormap(COLORMAPS[0], "grade")
    made = await client.create_association(object_id, Association(attribute_id="cu", colormap_id=colormap.id))
    assert (made.attribute_id, made.colormap_id, made.object_id) == ("cu", colormap.id, object_id)
    assert made.colormap_uri == colormap.self_link
    assert made.url() == f"{ORIGIN}{studio.associations}/{made.id}"
    assert await client.get_association(object_id, made.id) == made
    assert await studio.evo("viewer").get_association_collection(object_id) == [made]


async def test_that_500_associations_are_made_in_four_requests_and_keep_their_order(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """48"""
    client, object_id = studio.evo(), UUID(studio.object_id)
    colormaps = [(await client.create_colormap(each, "grade")).id for each in COLORMAPS]
    wanted = [Association(attribute_id=f"attribute {n}", colormap_id=colormaps[n % 3]) for n in range(500)]
    sent: list[str] = []
    send = httpx.AsyncClient.request

    async def counted(self: httpx.AsyncClient, method: str, url: str, **more: object) -> httpx.Response:
        sent.append(method)
        return await send(self, method, url, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(httpx.AsyncClient, "request", counted)
    made = await client.create_batch_associations(object_id, wanted)
    assert sent == ["POST"] * 4
    assert [(each.attribute_id, each.colormap_id) for each in made] == [
        (each.attribute_id, each.colormap_id) for each in wanted
    ]
    assert await client.get_association_collection(object_id) == made
    assert len({each.id for each in made}) == 500


async def test_that_a_body_of_the_generated_classes_needs_no_dtype(studio: Studio) -> None:
    """What was not set is not sent, and `dtype` has a default there."""
    api = ColormapsApi(studio.connector())
    organisation, workspace = studio.lab.organisation_id, studio.lab.workspace_id
    shapes = {ContinuousColormapData: CONTINUOUS, DiscreteColormapData: DISCRETE, CategoryColormapData: CATEGORY}
    for shape, body in shapes.items():
        data = shape(**{name: value for name, value in body.items() if name != "dtype"})
        made = await api.post_colormap(organisation, workspace, ColormapData(data))
        assert made.root.schema_.value == body["dtype"]


async def test_that_the_metadata_of_a_workspace_are_empty(studio: Studio) -> None:
    found = await WorkspaceApi(studio.connector("viewer")).get_workspace_metadata(
        studio.lab.organisation_id, studio.lab.workspace_id
    )
    assert (str(found.workspace_id), found.objects_metadata) == (studio.lab.workspace_id, {})


@pytest.mark.parametrize("check", list(HealthCheckType))
async def test_that_the_service_is_healthy(studio: Studio, check: HealthCheckType) -> None:
    """49"""
    health = await studio.evo().get_service_health(check)
    health.raise_for_status()
    assert (health.service, health.status) == ("visualization", ServiceStatus.HEALTHY)
    assert bool(health.dependencies) is (check is not HealthCheckType.BASIC)


async def test_that_a_database_that_does_not_answer_fails_the_service(studio: Studio, tmp_path: Path) -> None:
    """49"""
    database = Database(sqlite_url(tmp_path / "no" / "such" / "directory.db"))
    application = Litestar([health.router(database)], openapi_config=None)
    connector = APIConnector(ORIGIN, InProcess(application), Bearer("any"))
    client = ColormapAPIClient(studio.evo()._environment, connector)
    assert (await client.get_service_health(HealthCheckType.BASIC)).status is ServiceStatus.HEALTHY
    for check in (HealthCheckType.FULL, HealthCheckType.STRICT):
        found = await client.get_service_health(check)
        assert (found.status, found.status_code) == (ServiceStatus.UNHEALTHY, 503)
        with pytest.raises(ServiceHealthCheckFailed):
            found.raise_for_status()
    database.close()


async def test_that_refusals_become_the_exceptions_of_the_sdk(studio: Studio) -> None:
    client, object_id, unknown = studio.evo(), UUID(studio.object_id), UUID(UNKNOWN_ID)
    with pytest.raises(NotFoundException):
        await client.get_colormap_by_id(unknown)
    with pytest.raises(NotFoundException):
        await client.create_association(object_id, Association(attribute_id="cu", colormap_id=unknown))
    with pytest.raises(NotFoundException):
        await client.get_association(object_id, unknown)
    with pytest.raises(ForbiddenException):
        await studio.evo("viewer").create_colormap(COLORMAPS[0], "grade")
    mistaken = DiscreteColormap(colors=[[0, 0, 0]], end_points=[1.0], end_inclusive=[True])
    with pytest.raises(EvoAPIException) as refused:
        await client.create_colormap(mistaken, "grade")
    assert refused.value.status == 422
