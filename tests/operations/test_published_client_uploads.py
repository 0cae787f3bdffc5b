"""`uploads.*` of the unmodified `geopera` client where a plain call says little: what it makes of refusals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from geopera import AuthenticatedClient, Geopera
from geopera.api.operations import uploads_initiate
from geopera.errors import UnexpectedStatus
from geopera.models import HTTPValidationError, Problem, UploadInitiate

from tests.operations.conftest import ADMIN_KEY
from tests.server import Server

LIMIT = 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Whose organisation may store 1000 bytes."""
    data: Path = tmp_path_factory.mktemp("uploads")
    environment = {"CORESHED_ADMIN_KEY": ADMIN_KEY, "CORESHED_STORAGE_LIMIT": str(LIMIT)}
    started = Server(data / "data", environment=environment).start()
    yield started
    started.stop()


def test_that_an_empty_input_is_told_by_its_places(server: Server) -> None:
    client = Geopera(token=ADMIN_KEY, base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        with pytest.raises(KeyError):  # its own model wants the member before anything is sent
            client.uploads.initiate({})
        found = client.uploads.initiate({"project_id": None})
        assert isinstance(found, HTTPValidationError)
        assert [(each.loc, each.type_) for each in found.detail] == [(["body", "project_id"], "string_type")]
        for body in ({}, None):
            found = client.uploads.complete(body)
            assert isinstance(found, HTTPValidationError)
            assert [each.loc for each in found.detail] == [["body", "upload_id"]]


def test_that_a_plain_call_says_nothing_of_a_full_quota_and_a_detailed_one_does(server: Server) -> None:
    project_id = server.instance.workspace_id
    body = {"project_id": project_id, "total_bytes": LIMIT + 1}
    client = Geopera(token=ADMIN_KEY, base_url=server.url)
    with client.client:
        assert client.uploads.initiate(body) is None
        told = client.uploads.initiate(body, detailed=True)
        assert told.status_code == 402
        assert b'"needed":1001' in told.content.replace(b" ", b"")
        exact = client.uploads.initiate({**body, "total_bytes": LIMIT})
        client.uploads.fail({"upload_id": exact.id, "error_message": "only tried"})
    strict = AuthenticatedClient(base_url=server.url, token=ADMIN_KEY, raise_on_unexpected_status=True)
    with strict, pytest.raises(UnexpectedStatus) as refused:
        uploads_initiate.sync(client=strict, body=UploadInitiate(project_id=project_id, total_bytes=LIMIT + 1))
    assert refused.value.status_code == 402


def test_that_a_client_without_a_credential_gets_a_problem(server: Server) -> None:
    client = Geopera(base_url=server.url, raise_on_unexpected_status=True)
    with client.client:
        found = client.uploads.initiate({"project_id": server.instance.workspace_id})
    assert isinstance(found, Problem)
    assert found.status == 401
