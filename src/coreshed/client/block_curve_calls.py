"""Questions about versions as flows: differences, swaths, grade-tonnage curves."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from coreshed.client import block_model_calls as calls
from coreshed.client.block_curves import (
    Axis,
    CurveOptions,
    GradeTonnage,
    Swaths,
    Version,
    VersionDifference,
)
from coreshed.client.calls import Answer, Call, Flow, ask, is_uuid, reads
from coreshed.client.errors import Invalid
from coreshed.client.session import Session

T = TypeVar("T")
_GOOD = frozenset({200, 202})


class _Later(msgspec.Struct):
    job_url: str


def diff(session: Session, model: str, before: Version, after: Version = None) -> Flow[VersionDifference]:
    """What differs between two versions. Raises NotFound, Gone, Invalid."""
    url = yield from calls.url_of(session, model)
    one = yield from _named(url, before)
    other = yield from _named(url, after)
    return (
        yield from _answer(Call("GET", f"{url}/versions/{one}/diff/{other}", _read, good=_GOOD), url, VersionDifference)
    )


def _named(url: str, version: Version) -> Flow[str]:
    if version is None:
        return (yield from calls.version_at(url, None)).version_uuid
    if isinstance(version, str) and not is_uuid(version):
        raise Invalid(f"{version!r} is neither the number nor the UUID of a version.")
    return str(version).lower()


def swath(
    session: Session, model: str, columns: Sequence[str], axis: Axis, slices: Mapping[str, Any], options: CurveOptions
) -> Flow[Swaths]:
    """Means along an axis. slices: width, slices, start. Raises NotFound, Gone, Invalid."""
    url = yield from calls.url_of(session, model)
    body = calls.encoded({**_common(columns, options), "axis": axis, **_given(slices)})
    return (yield from _answer(_post(f"{url}/swaths", body), url, Swaths))


def grade_tonnage(
    session: Session,
    model: str,
    columns: Sequence[str],
    cutoffs: Sequence[float],
    cutoff_column: str | None,
    options: CurveOptions,
) -> Flow[GradeTonnage]:
    """Tonnage and grade above cut-offs. Raises NotFound, Gone, Invalid."""
    url = yield from calls.url_of(session, model)
    members = {"cutoffs": list(cutoffs), "cutoff_column": cutoff_column}
    body = calls.encoded({**_common(columns, options), **_given(members)})
    return (yield from _answer(_post(f"{url}/grade-tonnage", body), url, GradeTonnage))


def _common(columns: Sequence[str], options: CurveOptions) -> dict[str, Any]:
    if isinstance(columns, str):
        raise Invalid("Name the columns in a list.")
    members = {name: value for name, value in options.items() if name != "box"}
    return {"columns": list(columns), **_given(members), **calls.box_member(options.get("box"))}


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _post(url: str, body: bytes) -> Call[Answer]:
    return Call("POST", url, _read, body=body, good=_GOOD, headers={"Content-Type": "application/json"})


def _read(answer: Answer) -> Answer:
    return answer


def _answer(call: Call[Answer], url: str, kind: type[T]) -> Flow[T]:
    """What is answered at once, or what the job of it has made."""
    answer = yield from ask(call)
    if answer.status == 200:
        return reads(kind)(answer)
    return (yield from calls.made(url, calls.job_of(reads(_Later)(answer).job_url), kind))
