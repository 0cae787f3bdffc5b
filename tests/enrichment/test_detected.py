"""What a session shows of its files has an end."""

import msgspec

from coreshed.enrichment.facts import Read, detected
from coreshed.enrichment.reading.model import Outcome, Reading


def read(no: int, size: int) -> Read:
    reading = Reading(kind="raster", driver="GTiff", wkt="x" * size)
    return Read(f"asset {no}", f"{no}.tif", Outcome(reading=reading, errors=["e" * (size // 4)]))


def test_that_many_long_files_are_shown_as_far_as_a_megabyte_goes() -> None:
    found = detected("done", [read(no, 200_000) for no in range(100)])
    assert [each["file_name"] for each in found["files"]] == ["0.tif", "1.tif", "2.tif"]
    assert [each["file_name"] for each in found["errors"]] == [f"{no}.tif" for no in range(5)]
    assert found["pipeline"] == {"state": "done", "files_read": 100, "files_left_out": 0, "files_not_shown": 97}
    assert len(msgspec.json.encode(found)) < 1 << 20


def test_that_a_file_that_is_longer_alone_is_shown() -> None:
    found = detected("done", [read(0, 3 << 20)])
    assert (len(found["files"]), len(found["errors"])) == (1, 1)
    assert "files_not_shown" not in found["pipeline"]
