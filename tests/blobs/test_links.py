"""Signed URLs: what they look like, what they survive, and what they refuse."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import select

from coreshed.blobs.links import parse_query
from coreshed.blobs.signing import SIGNED, canonical
from coreshed.blobs.tables import signing_keys
from coreshed.settings import BadSettings
from tests.blobs.conftest import ALICE, BOB, ORIGIN, WORKSPACE, Bench, code
from tests.conftest import Databases


def fields(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_fields(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    return parts._replace(query=urlencode(fields(url) | changes)).geturl()


def test_that_a_link_is_an_origin_three_segments_and_sas_keys(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    url = bench.write_url(blob)
    assert url.startswith(f"{ORIGIN}/blob/{WORKSPACE}/{blob.id}?")
    found = fields(url)
    assert list(found) == ["sv", "st", "se", "sr", "skoid", "sp", "si", "sig"]
    assert found["st"] == "2026-11-19T23:45:00Z"
    assert found["se"] == "2026-11-20T00:30:00Z"
    assert (found["sr"], found["sp"]) == ("b", "w")
    assert "=" not in found["sig"]


def test_that_links_of_a_principal_share_a_session_and_those_of_another_do_not(bench: Bench) -> None:
    (blob,) = bench.offer("a")
    first = fields(bench.write_url(blob, ALICE))
    bench.clock.advance(600)
    renewed = fields(bench.write_url(blob, ALICE))
    assert first["sig"] != renewed["sig"]
    assert first["si"] == renewed["si"] != fields(bench.write_url(blob, BOB))["si"]


async def test_that_a_reencoded_query_still_verifies(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    url = bench.read_url(blob, file_name="Bohrkern ä/1.parquet", content_type="text/csv; charset=utf-8")
    reordered = urlsplit(url)._replace(query=urlencode(sorted(fields(url).items(), reverse=True))).geturl()
    async with bench.client() as client:
        answer = await client.get(f"{reordered}&timeout=30&snapshotless=1")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"Bohrkern _/1.parquet\"; filename*=UTF-8''Bohrkern%20%C3%A4%2F1.parquet"
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("name", [*SIGNED, "sig"])
async def test_that_a_changed_field_is_refused(bench: Bench, name: str) -> None:
    blob = await bench.upload(b"core")
    url = bench.read_url(blob, file_name="a.csv", content_type="text/csv")
    async with bench.client() as client:
        answer = await client.get(with_fields(url, **{name: fields(url).get(name, "") + "x"}))
    assert (answer.status_code, code(answer)) == (403, "AuthenticationFailed")


@pytest.mark.parametrize("name", ["se", "sp", "sig", "si"])
async def test_that_a_repeated_signed_key_is_refused(bench: Bench, name: str) -> None:
    (blob,) = bench.offer("a")
    url = bench.write_url(blob)
    async with bench.client() as client:
        answer = await client.get(f"{url}&{name}={fields(url)[name]}&comp=blocklist")
    assert (answer.status_code, code(answer)) == (403, "AuthenticationFailed")


async def test_that_a_link_of_one_blob_does_not_open_another(bench: Bench) -> None:
    mine, other = await bench.upload(b"mine"), await bench.upload(b"other")
    async with bench.client() as client:
        answer = await client.get(bench.read_url(mine).replace(mine.id, other.id))
        unsigned = await client.get(f"/blob/{WORKSPACE}/{mine.id}", headers={"Authorization": "Bearer key"})
    assert (answer.status_code, code(answer)) == (403, "AuthenticationFailed")
    assert (unsigned.status_code, code(unsigned)) == (403, "AuthenticationFailed")


async def test_that_an_authorization_header_is_ignored(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    assert (await bench.read(blob, Authorization="Bearer nonsense")).content == b"core"


async def test_that_an_expired_link_says_which_period_it_had(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    url = bench.read_url(blob)
    bench.clock.advance(1799)
    async with bench.client() as client:
        assert (await client.get(url)).status_code == 200
        bench.clock.advance(1)
        answer = await client.get(url)
    assert (answer.status_code, code(answer)) == (403, "AuthenticationFailed")
    assert (
        "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [2026-11-19T23:45:00Z] - "
        "Expiry [2026-11-20T00:30:00Z] - Current [2026-11-20T00:30:00Z]</AuthenticationErrorDetail>" in answer.text
    )


async def test_that_a_link_is_valid_on_a_node_whose_clock_lags_by_a_quarter_of_an_hour(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    url = bench.read_url(blob)
    bench.clock.advance(-900)
    async with bench.client() as client:
        assert (await client.get(url)).status_code == 200
        bench.clock.advance(-1)
        assert (await client.get(url)).status_code == 403


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1", "a\nb", "a\x00b"])
def test_that_a_file_name_cannot_carry_another_header(bench: Bench, name: str) -> None:
    (blob,) = bench.offer("a")
    with pytest.raises(ValueError):
        bench.read_url(blob, file_name=name)
    with pytest.raises(ValueError):
        bench.read_url(blob, content_type=name)


def test_that_no_separator_shifts_one_field_into_the_next() -> None:
    assert canonical("blob", "/blob/a", {"sp": "r", "st": "x"}) != canonical("blob", "/blob/a", {"sp": "rx", "st": ""})
    assert canonical("blob", "/blob/a\n", {"sp": "r"}) != canonical("blob", "/blob/a", {"sp": "\nr"})


def test_that_a_query_keeps_blank_values_and_knows_its_repetitions() -> None:
    query = parse_query(b"a=&b=%C3%A4+c&b=2")
    assert query.values == {"a": "", "b": "2"}
    assert query.repeated == {"b"}


async def test_that_a_rotated_key_verifies_old_links_and_signs_no_new_ones(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    before = bench.read_url(blob)
    bench.clock.advance(60)
    assert bench.room.upkeep.keys.rotate() is True
    after = bench.read_url(blob)
    assert fields(before)["skoid"] != fields(after)["skoid"]
    async with bench.client() as client:
        assert (await client.get(before)).status_code == 200
        assert (await client.get(after)).status_code == 200


async def test_that_a_node_finds_the_key_another_node_has_just_made(bench: Bench) -> None:
    blob = await bench.upload(b"core")
    other = bench.open()
    bench.clock.advance(1)
    other.upkeep.keys.rotate()
    url = other.links.read(workspace_id=WORKSPACE, blob_id=blob.id)
    async with bench.client() as client:
        assert (await client.get(url)).status_code == 200
    other.close()


def test_that_a_key_is_rotated_by_age_and_forgotten_after_its_links(bench: Bench) -> None:
    keys = bench.room.upkeep.keys
    first = keys.current().id
    assert keys.rotate(older_than_ns=10**9) is False
    bench.clock.advance(1)
    assert keys.rotate(older_than_ns=10**9) is True
    assert keys.find(first) is not None
    bench.clock.advance(86400 + 86400 + 1)
    keys.rotate(older_than_ns=10**18)
    assert keys.find(first) is None


def test_that_a_node_hears_of_a_rotation_within_a_minute(bench: Bench) -> None:
    other = bench.open()
    bench.clock.advance(1)
    other.upkeep.keys.rotate()
    old = bench.room.upkeep.keys.current().id
    assert old != other.upkeep.keys.current().id
    bench.clock.advance(60)
    assert bench.room.upkeep.keys.current().id == other.upkeep.keys.current().id
    other.close()


def test_that_nodes_which_start_together_make_one_key(databases: Databases, bench: Bench) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with databases.main.writing() as rows:
        rows.execute(signing_keys.delete())
    with ThreadPoolExecutor(6) as pool:
        rooms = list(pool.map(lambda _: bench.open(), range(6)))
    with databases.main.reading() as rows:
        assert len(rows.execute(select(signing_keys.c.id)).all()) == 1
    for room in rooms:
        room.close()


def test_that_a_secret_encrypts_the_keys_and_a_wrong_one_is_refused(bench: Bench, databases: Databases) -> None:
    from dataclasses import replace

    with databases.main.writing() as rows:
        rows.execute(signing_keys.delete())
    guarded = bench.open(settings=replace(bench.settings, secret="correct horse"))
    secret = guarded.upkeep.keys.current().secret
    with databases.main.reading() as rows:
        row = rows.execute(select(signing_keys)).one()
    assert row.encrypted
    assert secret not in bytes(row.secret)
    again = bench.open(settings=replace(bench.settings, secret="correct horse"))
    assert again.upkeep.keys.current().secret == secret
    with pytest.raises(BadSettings, match="is not the passphrase"):
        bench.open(settings=replace(bench.settings, secret="battery staple"))
    with pytest.raises(BadSettings, match="set CORESHED_SECRET"):
        bench.open()
    for room in (guarded, again):
        room.close()
