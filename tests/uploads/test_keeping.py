"""What upkeep, lists and links of upload sessions cost, and what they survive."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select, update

from coreshed.app import Application
from coreshed.audit import audit_events
from coreshed.blobs import ledger as blobs
from coreshed.uploads import ledger
from coreshed.uploads.tables import upload_files, upload_sessions
from tests.uploads.conftest import Site

pytestmark = pytest.mark.parametrize("application", ["sqlite"], indirect=True)


@contextmanager
def statements(application: Application) -> Iterator[list[str]]:
    """The SQL that is read meanwhile, as far as it is not prepared."""
    engine, seen = application.databases.main._reader, list[str]()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


async def test_that_a_link_of_a_file_whose_blob_was_purged_leads_to_a_new_one(site: Site) -> None:
    upload_id = await site.begin(100)
    old = await site.link(upload_id)
    with site.application.databases.main.writing() as rows:
        blob_id = rows.execute(select(upload_files.c.blob_id).where(upload_files.c.upload_id == upload_id)).scalar_one()
        blobs.forget_blob(rows, blob_id)
    assert (await site.send(old)).status_code == 404
    await site.put(upload_id)
    await site.put(upload_id, content=b"again")
    (file,) = (await site.ok("uploads.get", upload_id=upload_id))["files"]
    assert (file["file_name"], file["size_bytes"]) == ("a.tif", 5)
    assert (await site.ok("uploads.complete", upload_id=upload_id))["bytes_uploaded"] == 5


async def test_that_the_audit_names_whose_link_brought_a_file(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id, "mine.tif")
    theirs = (await site.ok("uploads.signed_url", "editor", upload_id=upload_id, file_name="b.tif"))["upload_url"]
    assert (await site.send(theirs)).status_code == 200
    with site.application.databases.main.reading() as rows:
        noted = select(audit_events.c.actor_id, audit_events.c.detail).where(
            audit_events.c.target_id == upload_id, audit_events.c.action == "upload.file"
        )
        found = {json.loads(detail)["file_name"]: actor_id for actor_id, detail in rows.execute(noted)}
    assert found == {"mine.tif": site.person("admin").user_id, "b.tif": site.person("editor").user_id}


async def test_that_what_is_to_be_removed_or_mended_is_found_by_an_index(site: Site) -> None:
    main = site.application.databases.main
    with statements(site.application) as seen, main.reading() as rows:
        ledger.failed_with_files(rows, 100)
        ledger.still(rows, 1, 100)
    assert len(seen) == 2
    with main.reading() as rows:
        plans = [str(rows.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", (1,) * each.count("?")).all()) for each in seen]
    assert "SEARCH upload_sessions USING INDEX ix_upload_sessions_removing_ns" in plans[0]
    assert "SEARCH upload_sessions USING INDEX ix_upload_sessions_body_ns" in plans[1]


async def test_that_files_of_failed_sessions_are_looked_for_until_they_are_gone(site: Site) -> None:
    upload_id = await site.begin(100)
    await site.put(upload_id)
    remove = site.application.uploads.ending.remove_files
    site.application.uploads.ending.remove_files = lambda *_, **__: None  # type: ignore[method-assign]
    await site.ok("uploads.fail", upload_id=upload_id, error_message="boom")
    site.application.uploads.ending.remove_files = remove  # type: ignore[method-assign]
    main = site.application.databases.main
    with main.reading() as rows:
        assert upload_id in ledger.failed_with_files(rows, 100)
    site.application.uploads.ending.expire()
    with main.reading() as rows:
        assert ledger.files(rows, upload_id) == []
        assert upload_id not in ledger.failed_with_files(rows, 100)


async def test_that_a_step_of_upkeep_that_fails_keeps_no_other_from_being_taken(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("no")

    application = site.application
    upload_id = await site.begin(100)
    await site.put(upload_id)
    monkeypatch.setattr(application.blobs.upkeep.keys, "rotate", broken)
    monkeypatch.setattr(application.files, "forget_abandoned", broken)
    monkeypatch.setattr(application.jobs, "upkeep", broken)
    site.clock.advance(86_401)
    with pytest.raises(ExceptionGroup) as raised:
        application.upkeep_round()
    assert len(raised.value.exceptions) == 3
    assert (await site.ok("uploads.get", upload_id=upload_id))["error_step"] == "expired"


async def test_that_a_list_asks_once_for_what_is_reserved_and_leaves_out_what_is_long(site: Site) -> None:
    upload_ids = [await site.begin(size) for size in range(5)]
    text = json.dumps({"files": ["x" * 1000]})
    with site.application.databases.main.writing() as rows:
        rows.execute(update(upload_sessions).where(upload_sessions.c.id.in_(upload_ids)).values(detected_metadata=text))
    with statements(site.application) as seen:
        listed = await site.op("uploads.list", project_id=site.project_id)
        shown = await site.ok("uploads.progress", upload_id=upload_ids[0])
    assert sorted(each["reserved_bytes"] for each in listed.json()) == [0, 1, 2, 3, 4]
    assert len([each for each in seen if "FROM quota_reservations" in each]) == 2
    assert not [each for each in seen if "detected_metadata" in each]
    assert [each["detected_metadata"] for each in [*listed.json(), shown]] == [None] * 6
    assert (await site.ok("uploads.get", upload_id=upload_ids[0]))["detected_metadata"] == json.loads(text)
