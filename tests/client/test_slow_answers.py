"""Questions that the server answers later: the client follows the job, and goes nowhere else."""

from collections.abc import Generator
from typing import Any

import msgspec
import pytest

from coreshed.client import Invalid, ServerFailed
from coreshed.client.block_curve_calls import diff
from coreshed.client.block_curves import VersionDifference
from coreshed.client.calls import Answer, Call
from coreshed.client.session import Session

MODEL = "0b4ad8e0-6a36-4b1c-9d5e-0d2b54c7f1aa"
JOB = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
DIFFERENCE = {
    "bm_uuid": MODEL,
    "from_version": {"version_id": 1, "version_uuid": MODEL},
    "to_version": {"version_id": 2, "version_uuid": MODEL},
    "geometry_changed": False,
    "blocks_changed": 0,
    "columns": [],
}


class Known(Session):
    """A session that has found its workspace."""

    def block_models_url(self) -> Generator[Call[Any], Any, str]:
        yield from ()
        return "https://here/block-models"


def answered(*answers: tuple[int, Any]) -> tuple[VersionDifference, list[Call[Any]]]:
    """What comes of a diff whose calls are answered so, and the calls."""
    flow, calls = diff(Known("https://here"), MODEL, 1, 2), []
    call = next(flow)
    try:
        for status, body in answers:
            calls.append(call)
            call = flow.send(call.result(Answer(status, {}, msgspec.json.encode(body))))
    except StopIteration as end:
        return end.value, calls
    raise AssertionError(call)


def test_that_a_job_is_asked_after_at_the_server_itself_and_less_and_less_often() -> None:
    found, calls = answered(
        (202, {"job_url": f"https://elsewhere/x/{JOB}"}),
        *[(200, {"job_status": "QUEUED"})] * 12,
        (200, {"job_status": "COMPLETE", "payload": DIFFERENCE}),
    )
    assert found.to_version.version_id == 2
    assert [call.url for call in calls[1:]] == [f"https://here/block-models/{MODEL}/jobs/{JOB}"] * 13
    pauses = [call.after for call in calls[1:]]
    assert pauses[:3] == pytest.approx([0.0, 0.02, 0.03])
    assert pauses == sorted(pauses)
    assert pauses[-1] == 1.0


def test_that_a_failed_job_raises_what_it_says() -> None:
    problem = {"type": "t", "title": "Bad.", "status": 422, "detail": "It cannot be done."}
    for payload, kind, words in (
        (problem, Invalid, "It cannot be done."),
        (problem | {"status": 500}, ServerFailed, "It cannot be done."),
        (None, ServerFailed, JOB),
    ):
        with pytest.raises(kind, match=words):
            answered((202, {"job_url": f"https://here/{JOB}"}), (200, {"job_status": "FAILED", "payload": payload}))


def test_that_a_payload_of_another_shape_is_told() -> None:
    with pytest.raises(ServerFailed, match="cannot be read"):
        answered((202, {"job_url": f"https://here/{JOB}"}), (200, {"job_status": "COMPLETE", "payload": {"x": 1}}))
