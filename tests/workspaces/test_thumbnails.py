"""The picture of a workspace."""

import asyncio
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from uuid import UUID

import pytest
from evo.common.exceptions import EvoAPIException, GoneException, NotFoundException
from evo.workspaces.endpoints.api import ThumbnailsApi
from evo.workspaces.endpoints.models import AnyWorkspaceResponse, WorkspaceRoleRequiredResponseWithThumbnailLink
from PIL import Image

from coreshed.problems import Invalid, TooLarge
from coreshed.workspaces import Role, images, offloop
from coreshed.workspaces.ledger import Thumbnail
from tests.workspaces.conftest import ORIGIN, Site
from tests.workspaces.pictures import (
    chunk,
    forged_png,
    jpeg_with,
    picture,
    png_with,
    progressive_jpeg,
    segment,
    tag_bomb,
    unpacking_png,
)


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
async def test_that_the_sdk_gets_back_the_bytes_that_it_put(site: Site, kind: str, media_type: str) -> None:
    sent = picture(kind, 64, 48)
    evo, workspace_id = site.evo(site.person("editor@x", Role.EDITOR)), UUID(site.workspace_id)
    await evo.put_thumbnail(workspace_id, bytearray(sent))
    assert bytes(await evo.get_thumbnail(workspace_id)) == sent
    got = await site.call(site.person("viewer@x", Role.VIEWER), "GET", f"{site.one}/thumbnail")
    assert got.headers["content-type"] == media_type
    await evo.delete_thumbnail(workspace_id)
    with pytest.raises(NotFoundException):
        await evo.get_thumbnail(workspace_id)
    with pytest.raises(NotFoundException):
        await evo.delete_thumbnail(workspace_id)


async def test_that_a_second_picture_takes_the_place_of_the_first(site: Site) -> None:
    for kind in ("PNG", "JPEG"):
        sent = picture(kind, 8, 8)
        put = await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=sent)
        assert (put.status_code, put.content) == (204, b"")
        assert (await site.call(site.admin, "GET", f"{site.one}/thumbnail")).content == sent


async def test_that_a_browser_never_runs_a_picture(site: Site) -> None:
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("PNG", 8, 8))
    got = await site.call(site.admin, "GET", f"{site.one}/thumbnail")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("sandbox")
    assert got.headers["content-disposition"] == 'attachment; filename="thumbnail.png"'
    assert "set-cookie" not in got.headers


async def test_that_the_type_is_read_from_the_content(site: Site) -> None:
    headers = {"Content-Type": "text/html"}
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("JPEG", 8, 8), headers=headers)
    got = await site.call(site.admin, "GET", f"{site.one}/thumbnail", headers={"Accept": "text/html"})
    assert got.headers["content-type"] == "image/jpeg"


async def test_that_a_workspace_links_to_its_picture_while_it_has_one(site: Site) -> None:
    async def links() -> set[str | None]:
        one = (await site.call(site.admin, "GET", site.one)).json()
        AnyWorkspaceResponse.model_validate(one)
        (listed,) = (await site.call(site.admin, "GET", site.all)).json()["results"]
        changed = (await site.call(site.admin, "PATCH", site.one, json={"description": "d"})).json()
        WorkspaceRoleRequiredResponseWithThumbnailLink.model_validate(changed)
        return {each["thumbnail_link"] for each in (one, listed, changed)}

    assert await links() == {None}
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("PNG", 8, 8))
    assert await links() == {f"{ORIGIN}{site.one}/thumbnail"}
    await site.call(site.admin, "DELETE", f"{site.one}/thumbnail")
    assert await links() == {None}


def plain(width: int, height: int) -> bytes:
    """A whole PNG of one colour."""
    stored = io.BytesIO()
    Image.new("1", (width, height)).save(stored, "PNG")
    return stored.getvalue()


async def test_that_eleven_megabytes_are_too_large(site: Site) -> None:
    with pytest.raises(EvoAPIException) as refused:
        await site.evo(site.admin).put_thumbnail(UUID(site.workspace_id), bytearray(11 << 20))
    assert refused.value.status == 413
    with pytest.raises(TooLarge):
        images.checked(picture("PNG", 8, 8).ljust(images.MAX_BYTES + 1, b"\0"))


def test_that_a_picture_of_the_greatest_size_is_taken() -> None:
    assert images.checked(plain(images.MAX_SIDE, 2)).media_type == "image/png"
    assert images.checked(plain(5000, 4000)).media_type == "image/png"


def test_that_a_progressive_picture_is_taken() -> None:
    assert images.checked(progressive_jpeg(640, 480)).media_type == "image/jpeg"


BAD = {
    "nothing": b"",
    "a word": b"png",
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "an animation": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "the beginning of a JPEG": b"\xff\xd8\xff",
    "the beginning of a PNG": b"\x89PNG\r\n\x1a\n",
    "too wide": forged_png(10_001, 1),
    "too high": forged_png(1, 10_001),
    "too many pixels": forged_png(5001, 4000),
    "a bomb": forged_png(60_000, 60_000),
    "a greater bomb": forged_png(2**31 - 1, 2**31 - 1),
    "no pixels": forged_png(0, 0),
    "fewer rows than declared": forged_png(4000, 4000),
    "a thousand scans": progressive_jpeg(5000, 4000, 1000),
    "a compressed comment of 100 MiB": unpacking_png(100),
    "a compressed text of 100 MiB": unpacking_png(100, b"iTXt"),
    "a compressed profile of 100 MiB": unpacking_png(100, b"iCCP"),
    "compressed comments of 6 MiB together": png_with(*[unpacking_png(1)[33:-24]] * 6),
    "a segment longer than the file": b"\xff\xd8\xff\xe1\xff\xff" + picture("JPEG", 8, 8)[2:],
    "a segment of no length": b"\xff\xd8\xff\xe1\x00\x01" + picture("JPEG", 8, 8)[2:],
    "tables of 130 KB": jpeg_with(segment(0xDB, bytes(65_000)) * 2),
    "an end before its picture": b"\xff\xd8\xff\xd9",
}
# What a decoder takes a step for, a hundred thousand times and more in ten megabytes.
BOMBS = {
    "segments": jpeg_with(segment(0xFE, b"") * 2_600_000),
    "segments of tags": jpeg_with(segment(0xE1, b"Exif\0\0" + b"\0" * 1000) * 9000),
    "markers": jpeg_with(b"\xff\x01" * 5_000_000),
    "chunks of text": png_with(*(chunk(b"tEXt", b"k%d\0v" % number) for number in range(400_000))),
    "chunks": png_with(chunk(b"prVt", b"") * 800_000),
    "chunks of no pixels": png_with(chunk(b"IDAT", b"") * 800_000),
}


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many functions are called inside, of Python and of C."""
    found = [0]

    def count(_: FrameType, event: str, __: object) -> None:
        found[0] += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        yield found
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS.keys())
def test_that_a_picture_of_too_many_parts_is_refused_after_few_steps(content: bytes) -> None:
    assert len(content) <= images.MAX_BYTES
    with counted() as steps, pytest.raises(Invalid):
        images.checked(content)
    assert steps[0] < 100_000


def test_that_tags_and_fill_bytes_cost_nothing() -> None:
    for content in (jpeg_with(segment(0xE1, tag_bomb())), jpeg_with(b"\xff" * 10_000_000)):
        with counted() as steps:
            assert images.checked(content) == Thumbnail("image/jpeg", content)
        assert steps[0] < 10_000


def test_that_text_profiles_and_what_follows_a_picture_are_stored_with_it() -> None:
    stored = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(stored, "JPEG", comment=b"by Ana", icc_profile=b"p" * 200_000, exif=b"Exif\0\0MM\0*")
    kinds = (b"zTXt", b"iTXt", b"iCCP")
    for content in (stored.getvalue(), *(unpacking_png(1, kind) for kind in kinds), picture("PNG", 8, 8) + b"more"):
        assert images.checked(content).content == content


@pytest.mark.parametrize("bomb", ["segments", "chunks of text"])
async def test_that_a_bomb_is_answered_as_any_other_bad_picture(site: Site, bomb: str) -> None:
    refused = await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=BOMBS[bomb])
    assert (refused.status_code, refused.json()["title"]) == (422, "Validation Error.")
    assert (await site.call(site.admin, "GET", f"{site.one}/thumbnail")).status_code == 404


async def test_that_coordinate_systems_do_not_wait_for_pictures(site: Site) -> None:
    decoded = Event()
    decoding = asyncio.create_task(offloop.off_loop(offloop.PICTURES, decoded.wait))
    waiting = asyncio.create_task(site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=picture("PNG", 8, 8)))
    try:
        got = await site.call(site.admin, "GET", f"/workspace/orgs/{site.organisation_id}/coordinate_systems")
        assert (got.status_code, waiting.done()) == (200, False)
    finally:
        decoded.set()
    assert await decoding
    assert (await waiting).status_code == 204


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_that_this_is_no_picture(content: bytes) -> None:
    with pytest.raises(Invalid):
        images.checked(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_that_a_picture_that_ends_early_is_refused(kind: str) -> None:
    whole = picture(kind, 100, 80)
    for part in (0.01, 0.1, 0.5, 0.9, 0.99):
        with pytest.raises(Invalid):
            images.checked(whole[: int(len(whole) * part)])
    damaged = bytearray(picture("PNG", 100, 80))
    damaged[len(damaged) // 2] ^= 0xFF
    with pytest.raises(Invalid):
        images.checked(bytes(damaged))


async def test_that_a_refused_picture_leaves_the_one_before(site: Site) -> None:
    sent = picture("PNG", 8, 8)
    await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=sent)
    for bad in (b"", forged_png(60_000, 60_000), sent[:-20]):
        refused = await site.call(site.admin, "PUT", f"{site.one}/thumbnail", content=bad)
        assert (refused.status_code, refused.json()["title"]) == (422, "Validation Error.")
    assert (await site.call(site.admin, "GET", f"{site.one}/thumbnail")).content == sent


async def test_that_the_picture_of_a_deleted_workspace_is_gone_and_comes_back_with_it(site: Site) -> None:
    sent = picture("PNG", 8, 8)
    evo, workspace_id = site.evo(site.admin), UUID(site.workspace_id)
    await evo.put_thumbnail(workspace_id, bytearray(sent))
    await evo.delete_workspace(workspace_id)
    with pytest.raises(GoneException):
        await ThumbnailsApi(site.connector(site.admin)).get_thumbnail(site.workspace_id, site.organisation_id)
    await evo.restore_deleted_workspace(workspace_id)
    assert bytes(await evo.get_thumbnail(workspace_id)) == sent


async def test_that_changes_of_a_picture_are_audited(site: Site) -> None:
    editor = site.person("editor@x", Role.EDITOR)
    for method, content in (("PUT", picture("PNG", 8, 8)), ("DELETE", b""), ("DELETE", b""), ("PUT", b"no")):
        await site.call(editor, method, f"{site.one}/thumbnail", content=content)
    assert site.audited(editor.id) == ["workspace.thumbnail"] * 2
