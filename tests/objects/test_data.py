"""Uploading data: PUT data, its links, and what they do."""

import base64
import hashlib
from uuid import UUID, uuid4

import httpx
import pytest

from coreshed.app import Application
from tests.objects.conftest import Lab, problem
from tests.objects.sample import delete_workspace, second_workspace

BLOCKS = '<?xml version="1.0" encoding="utf-8"?><BlockList>{}</BlockList>'


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def offer(lab: Lab, *names: str, root: str | None = None) -> list[dict[str, object]]:
    answer = await lab.editor.put(f"{root or lab.root}/data", json=[{"name": name} for name in names])
    assert answer.status_code == 200, answer.text
    offered: list[dict[str, object]] = answer.json()
    return offered


async def stage(lab: Lab, url: object, content: bytes, offset: int = 0) -> str:
    """One block, named as the Evo SDK names it: base64 of the offset in 32 digits."""
    name = base64.b64encode(f"{offset:032d}".encode()).decode()
    put = await lab.clients["nobody"].put(f"{url}&comp=block&blockid={name.replace('=', '%3D')}", content=content)
    assert (put.status_code, put.content) == (201, b"")
    return name


async def commit(lab: Lab, url: object, *names: str) -> httpx.Response:
    listed = "".join(f"<Latest>{name}</Latest>" for name in names)
    return await lab.clients["nobody"].put(
        f"{url}&comp=blocklist",
        content=BLOCKS.format(listed),
        headers={"content-type": "text/plain; charset=UTF-8"},
    )


async def test_that_an_unknown_name_is_offered_an_upload_url(lab: Lab) -> None:
    """A1; that the URL is https without a port is a matter of the blob origin, which the settings decide."""
    [offered] = await offer(lab, sha(b"A"))
    assert set(offered) == {"id", "name", "exists", "upload_url"}
    assert (offered["name"], offered["exists"]) == (sha(b"A"), False)
    assert str(UUID(str(offered["id"]))) == offered["id"]
    assert str(offered["upload_url"]).startswith("http://coreshed.test/blob/")


async def test_that_a_renewed_url_commits_blocks_staged_under_the_first(lab: Lab) -> None:
    """A2, A3"""
    content = b"one" + b"two"
    [first] = await offer(lab, sha(content))
    one = await stage(lab, first["upload_url"], b"one")
    [second] = await offer(lab, sha(content))
    assert (second["id"], second["exists"]) == (first["id"], False)
    two = await stage(lab, second["upload_url"], b"two", offset=3)
    committed = await commit(lab, second["upload_url"], one, two)
    assert (committed.status_code, committed.content) == (201, b"")
    assert [row["exists"] for row in await offer(lab, sha(content))] == [True]


async def test_that_committed_data_exists_and_is_offered_no_url(lab: Lab) -> None:
    """A4"""
    name = await lab.upload(b"A")
    [offered] = await offer(lab, name)
    assert set(offered) == {"id", "name", "exists"}
    assert offered["exists"] is True


async def test_that_names_are_compared_without_case_and_echoed_as_sent(lab: Lab) -> None:
    name = await lab.upload(b"A")
    uuid = str(uuid4())
    offered = await offer(lab, name.upper(), uuid.upper(), uuid)
    assert [row["name"] for row in offered] == [name.upper(), uuid.upper(), uuid]
    assert [row["exists"] for row in offered] == [True, False, False]
    assert offered[1]["id"] == offered[2]["id"]


async def test_that_data_belongs_to_its_workspace(application: Application, lab: Lab) -> None:
    """A5"""
    name = await lab.upload(b"A")
    [here] = await offer(lab, name)
    other = lab.root.replace(lab.workspace_id, second_workspace(application, lab))
    [there] = await offer(lab, name, root=other)
    assert there["exists"] is False
    assert there["id"] != here["id"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        [{"name": sha(str(n).encode())} for n in range(33)],
        [{"name": "abc"}],
        [{"name": "g" * 64}],
        [{"name": "0" * 32}],
        [{"name": 1}],
        [{"name": None}],
        [{}],
        ["abc"],
        {"name": sha(b"A")},
        None,
        "",
    ],
    ids=str,
)
async def test_that_a_malformed_list_of_names_is_refused(lab: Lab, body: object) -> None:
    """A6"""
    answer = await lab.editor.put(f"{lab.root}/data", json=body)
    assert problem(answer) == (422, "validation", "Validation Error.")


async def test_that_thirty_two_names_are_answered_in_order(lab: Lab) -> None:
    """A6"""
    names = [sha(str(n).encode()) for n in range(32)]
    assert [row["name"] for row in await offer(lab, *names)] == names


async def test_that_a_name_may_occur_twice_and_both_uploads_commit(lab: Lab) -> None:
    """A7"""
    one, two = await offer(lab, sha(b"A"), sha(b"A"))
    assert one["id"] == two["id"]
    for offered in (one, two):
        block = await stage(lab, offered["upload_url"], b"A")
        assert (await commit(lab, offered["upload_url"], block)).status_code == 201


async def test_that_a_viewer_is_refused_in_the_documented_words(lab: Lab) -> None:
    """A8"""
    answer = await lab.clients["viewer"].put(f"{lab.root}/data", json=[{"name": sha(b"A")}])
    assert answer.status_code == 403
    assert answer.json() == {
        "your_role": "viewer",
        "permitted_roles": ["editor", "owner"],
        "status": 403,
        "title": "Insufficient Role.",
        "detail": "Access to this resource is forbidden due to an insufficient role.",
        "type": "https://seequent.com/error-codes/geoscienceobject/auth/insufficient-role",
    }


async def test_that_data_of_no_workspace_and_of_a_deleted_one_are_told_apart(lab: Lab) -> None:
    """A9"""
    body = [{"name": sha(b"A")}]
    unknown = lab.root.replace(lab.workspace_id, str(uuid4()))
    nobody = await lab.clients["nobody"].put(f"{lab.root}/data", json=body)
    assert problem(nobody) == (401, "auth/missing-token", "Access Denied.")
    absent = await lab.editor.put(f"{unknown}/data", json=body)
    assert problem(absent) == (404, "data/not-found", "Data Upload Error.")
    assert absent.json()["upstream_type"] == "/workspace/not-found"
    await delete_workspace(lab)
    gone = await lab.editor.put(f"{lab.root}/data", json=body)
    assert problem(gone) == (410, "data/gone", "Data Upload Error.")
    assert gone.json()["upstream_type"] == "/workspace/gone"


async def test_that_a_data_link_reads_ranges(lab: Lab) -> None:
    """A47"""
    posted = await lab.create("A/m.json", await lab.pointset(content=b"0123456789"))
    url = posted["links"]["data"][0]["download_url"]
    nobody = lab.clients["nobody"]
    head = await nobody.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10", b"")
    assert head.headers["accept-ranges"] == "bytes"
    part = await nobody.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["content-range"] == "bytes 2-4/10"


async def test_that_a_tampered_data_link_is_refused(lab: Lab) -> None:
    """A47"""
    posted = await lab.create("A/m.json")
    url = posted["links"]["data"][0]["download_url"]
    assert (await lab.clients["nobody"].get(url.replace("sp=r", "sp=w"))).status_code == 403
    assert (await lab.clients["nobody"].get(url.partition("&sig=")[0])).status_code == 403


async def test_that_the_organisation_has_no_data_endpoint(lab: Lab) -> None:
    """A50"""
    answer = await lab.editor.put(f"{lab.organisation_root}/data", json=[{"name": sha(b"A")}])
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


async def test_that_a_link_writes_nothing_once_its_workspace_is_deleted(lab: Lab) -> None:
    content = b"late"
    (offered,) = await offer(lab, sha(content))
    staged = await stage(lab, offered["upload_url"], content)
    await delete_workspace(lab)
    nobody, url = lab.clients["nobody"], offered["upload_url"]
    block = await nobody.put(f"{url}&comp=block&blockid=MDAwMA%3D%3D", content=b"later")
    listed = await commit(lab, url, staged)
    whole = await nobody.put(str(url), content=content, headers={"x-ms-blob-type": "BlockBlob"})
    assert [block.status_code, listed.status_code, whole.status_code] == [404, 404, 404]
