"""GET of one object: by id and path, versions, conditions, compression."""

import gzip

import httpx

from tests.objects.conftest import Lab, problem
from tests.objects.sample import UNKNOWN_ID, error, update, variogram

VERSION = {"version_id", "created_at", "created_by", "etag", "links", "stage"}


async def test_that_both_routes_and_the_post_answer_alike(lab: Lab) -> None:
    posted = await lab.create("A/m.json")
    by_id = (await lab.clients["viewer"].get(f"{lab.root}/objects/{posted['object_id']}")).json()
    by_path = (await lab.clients["viewer"].get(f"{lab.root}/objects/path/a/M.JSON")).json()
    for got in (by_id, by_path):
        assert got.pop("versions") is None
        [link] = got["links"]["data"]
        assert (await lab.clients["nobody"].get(link["download_url"])).content == b"arrays"
        for body in (got, posted):
            body["links"]["data"][0]["download_url"] = ""
        assert got == posted


async def test_that_the_download_link_of_an_answer_leads_to_the_object(lab: Lab) -> None:
    for path in ("A/Sample pointset (1).json", "ü/100% #1 a+b&c=d.json", "x:y,z.json"):
        answer = await lab.editor.post(
            f"{lab.root}/objects/path/{path.replace('%', '%25').replace('#', '%23')}", json=variogram()
        )
        posted = answer.json()
        assert posted["object_path"] == path
        got = await lab.editor.get(posted["links"]["download"])
        assert got.json()["object_id"] == posted["object_id"]


async def test_that_an_answer_is_compressed_where_gzip_is_accepted(lab: Lab) -> None:
    """A24"""
    posted = await lab.create("A/m.json", variogram(description="x" * 1000))
    url = f"{lab.root}/objects/{posted['object_id']}"
    async with lab.editor.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
    assert b'"description":"xxx' in gzip.decompress(raw)
    plain = await lab.editor.get(url, headers={"Accept-Encoding": "identity"})
    silent = await lab.editor.send(_without_accept_encoding(lab, url))
    for answer in (plain, silent):
        assert "content-encoding" not in answer.headers
        assert b'"description":"xxx' in answer.content


def _without_accept_encoding(lab: Lab, url: str) -> httpx.Request:
    request = lab.editor.build_request("GET", url)
    del request.headers["Accept-Encoding"]
    return request


async def test_that_a_current_version_is_not_sent_again(lab: Lab) -> None:
    """A26"""
    first = await lab.create("A/m.json", variogram())
    newest = await update(lab, first)
    for url in (f"{lab.root}/objects/{first['object_id']}", f"{lab.root}/objects/path/A/m.json"):
        for tag in ("{0}", '"{0}"', 'W/"{0}"', "1, {0}", "*"):
            condition = {"If-None-Match": tag.format(newest["version_id"])}
            answer = await lab.editor.get(url, headers=condition)
            assert (answer.status_code, answer.content) == (304, b""), tag
        etag = await lab.editor.get(url, headers={"If-None-Match": f'"{newest["etag"]}"'})
        assert (etag.status_code, etag.content) == (304, b"")
        for tag in (first["version_id"], first["etag"], "abc", ""):
            answer = await lab.editor.get(url, headers={"If-None-Match": tag})
            assert answer.status_code == 200, tag
            assert answer.json()["version_id"] == newest["version_id"]
            assert answer.headers["etag"] == f'"{newest["etag"]}"'


async def test_that_an_old_version_is_read_with_the_dates_of_the_object(lab: Lab) -> None:
    """A27"""
    first = await lab.create("A/m.json", variogram(description="old"))
    second = await update(lab, first, description="new")
    moved = await lab.create("B/x.json", second["object"])
    for url in (f"{lab.root}/objects/{first['object_id']}", f"{lab.root}/objects/path/B/x.json"):
        got = (await lab.editor.get(url, params={"version": first["version_id"]})).json()
        assert got["object"]["description"] == "old"
        assert (got["version_id"], got["etag"]) == (first["version_id"], first["etag"])
        assert (got["created_at"], got["modified_at"]) == (first["created_at"], moved["modified_at"])
        assert got["object_path"] == "B/x.json"
        newest = (await lab.editor.get(url, params={"version": ""})).json()
        assert newest["version_id"] == moved["version_id"]


async def test_that_versions_are_listed_newest_first_with_links(lab: Lab) -> None:
    """A27"""
    first = await lab.create("A/m.json", variogram(description="old"))
    second = await update(lab, first, description="new")
    for flag in ("True", "true", "1", "yes", "on", "TRUE"):
        got = (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?include_versions={flag}")).json()
        assert [row["version_id"] for row in got["versions"]] == [second["version_id"], first["version_id"]]
    for row, posted in zip(got["versions"], (second, first), strict=True):
        assert set(row) == VERSION
        assert row["etag"] == posted["etag"]
        assert row["created_by"] == posted["created_by"]
        assert row["stage"] is None
        assert set(row["links"]) == {"download"}
        linked = (await lab.editor.get(row["links"]["download"])).json()
        assert linked["object"]["description"] == posted["object"]["description"]
    for flag in ("False", "0", "no", "off"):
        got = (await lab.editor.get(f"{lab.root}/objects/{first['object_id']}?include_versions={flag}")).json()
        assert got["versions"] is None


async def test_that_unknown_ids_paths_and_versions_are_not_found(lab: Lab) -> None:
    posted = await lab.create("A/m.json", variogram())
    tails = [
        UNKNOWN_ID,
        "path/A/n.json",
        "path/A/m",
        "path/A/m.json/x.json",
        f"{posted['object_id']}?version=1",
        f"{posted['object_id']}?version=abc",
        f"{posted['object_id']}?version={'9' * 30}",
        f"{posted['object_id']}?version=-1",
        "path/A/m.json?version=1",
    ]
    for tail in tails:
        answer = await lab.editor.get(f"{lab.root}/objects/{tail}")
        more = error(answer, 404, "objects/not-found", "Object Not Found.")
        assert set(more) == {"object_id", "upstream_type"}, tail
        assert more["upstream_type"] is None


async def test_that_malformed_ids_are_invalid(lab: Lab) -> None:
    """A51"""
    good = (await lab.create("A/m.json", variogram()))["object_id"]
    for bad in ("abc", "0" * 32, good[:-1], good + "0", f"{{{good}}}", "é" * 36):
        for url in (
            f"{lab.root}/objects/{bad}",
            f"{lab.root.replace(lab.workspace_id, bad)}/objects/{good}",
            f"{lab.root.replace(lab.organisation_id, bad)}/objects/{good}",
            f"{lab.root.replace(lab.workspace_id, bad)}/objects",
            f"{lab.root.replace(lab.workspace_id, bad)}/objects/path/A/m.json",
        ):
            assert problem(await lab.editor.get(url)) == (422, "validation", "Validation Error."), url


async def test_that_a_flag_that_is_no_boolean_is_invalid(lab: Lab) -> None:
    posted = await lab.create("A/m.json", variogram())
    for query in ("include_versions=maybe", "deleted=2", "deleted=", "include_versions=tru"):
        answer = await lab.editor.get(f"{lab.root}/objects/{posted['object_id']}?{query}")
        assert problem(answer) == (422, "validation", "Validation Error."), query
