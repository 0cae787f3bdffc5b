"""The Block Model API as flows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from coreshed.client.block_curves import Box, Version
from coreshed.client.block_records import BlockModel, BlockModelVersion
from coreshed.client.calls import Call, Flow, ask, is_uuid, reads
from coreshed.client.errors import Invalid, NotFound, ServerFailed, of_answer
from coreshed.client.session import Session

Geometry: TypeAlias = Literal["indices", "coordinates"]
Headers: TypeAlias = Literal["name", "id"]

T = TypeVar("T")

_PAGE = 100
_JSON = {"Content-Type": "application/json"}
_VERSION = re.compile(r"[0-9]{1,9}")
_SHOWN = 10
# Between two questions after a job: most are done at once, some take minutes.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.02, 1.0, 1.5


class _Models(msgspec.Struct):
    results: list[BlockModel]
    total: int


class _Versions(msgspec.Struct):
    results: list[BlockModelVersion]
    total: int


class _Job(msgspec.Struct):
    job_status: str
    payload: Any = None


class _Queried(msgspec.Struct):
    job_url: str


class _Link(msgspec.Struct):
    download_url: str


@dataclass(frozen=True, slots=True)
class Named:
    """A model, by its id or its name, and one of its versions."""

    model: str
    version: Version = None


def named(text: str) -> Named:
    """`MODEL@VERSION`: an id or a name, then the number or UUID of a version, or `latest`; without `@` the newest.

    An `@` that none of these follows belongs to the name. Raises Invalid.
    """
    model, at, version = text.rpartition("@")
    if at and _VERSION.fullmatch(version):
        found = Named(model, int(version))
    elif at and is_uuid(version):
        found = Named(model, version.lower())
    elif at and version == "latest":
        found = Named(model)
    else:
        found = Named(text)
    if not found.model:
        raise Invalid(f"{text!r} names no block model: give its name or its id, and a version as MODEL@VERSION.")
    return found


def list_models(session: Session, *, deleted: bool = False) -> Flow[list[BlockModel]]:
    """Every model, by name; or every deleted one."""
    root = yield from session.block_models_url()
    found: list[BlockModel] = []
    while True:
        query = [("limit", str(_PAGE)), ("offset", str(len(found))), ("deleted", str(deleted).lower())]
        page = yield from ask(Call("GET", root, reads(_Models), [*query, ("order_by", "name")]))
        found += page.results
        if not page.results or len(found) >= page.total:
            return found


def get(session: Session, model: str) -> Flow[BlockModel]:
    """A model by its id or its name. Raises NotFound, Gone."""
    if is_uuid(model):
        root = yield from session.block_models_url()
        return (yield from ask(Call("GET", f"{root}/{model.lower()}", reads(BlockModel))))
    known = yield from list_models(session)
    found = next((each for each in known if each.name == model), None)
    if found is None:
        names = ", ".join(repr(each.name) for each in known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
        raise NotFound(f"There is no block model {model!r}" + (f"; there are {names}." if names else "."))
    return found


def url_of(session: Session, model: str) -> Flow[str]:
    """Where a model is. Raises NotFound, Gone."""
    root = yield from session.block_models_url()
    model_id = model.lower() if is_uuid(model) else (yield from get(session, model)).bm_uuid
    return f"{root}/{model_id}"


def list_versions(session: Session, model: str) -> Flow[list[BlockModelVersion]]:
    """Every version, the newest first. Raises NotFound, Gone."""
    url = yield from url_of(session, model)
    found: list[BlockModelVersion] = []
    while True:
        page = yield from _versions(url, _PAGE, len(found))
        found += page.results
        if not page.results or len(found) >= page.total:
            return found


def _versions(url: str, limit: int, offset: int) -> Flow[_Versions]:
    query = [("limit", str(limit)), ("offset", str(offset))]
    return (yield from ask(Call("GET", f"{url}/versions", reads(_Versions), query)))


def version(session: Session, model: str, wanted: Version = None) -> Flow[BlockModelVersion]:
    """One version of a model. Raises NotFound, Gone, Invalid."""
    return (yield from version_at((yield from url_of(session, model)), wanted))


def version_at(url: str, wanted: Version) -> Flow[BlockModelVersion]:
    """The same for a model whose address is known."""
    if isinstance(wanted, str):
        if not is_uuid(wanted):
            raise Invalid(f"{wanted!r} is neither the number nor the UUID of a version.")
        return (yield from ask(Call("GET", f"{url}/versions/{wanted.lower()}", reads(BlockModelVersion))))
    newest = (yield from _versions(url, 1, 0)).results[0]
    if wanted in {None, newest.version_id}:
        return newest
    # Versions are numbered from 1 without gaps, and listed from the newest.
    if 1 <= wanted < newest.version_id:
        page = yield from _versions(url, 2, newest.version_id - wanted)
        found = next((each for each in page.results if each.version_id == wanted), None)
        if found is not None:
            return found
    raise NotFound(f"There is no version {wanted}; the newest is {newest.version_id}.")


@dataclass(frozen=True, slots=True)
class Query:
    """What of a version to fetch; see BlockModels.query."""

    columns: Sequence[str] = ("*",)
    box: Box | None = None
    geometry: Geometry = "indices"
    headers: Headers = "name"
    exclude_null_rows: bool = True
    delimiter: str | None = None

    def body(self, version_uuid: str, file_format: str) -> bytes:
        """As it is sent."""
        options: dict[str, Any] = {
            "file_format": file_format,
            "column_headers": self.headers,
            "exclude_null_rows": self.exclude_null_rows,
        }
        if self.delimiter is not None:
            options["delimiter"] = self.delimiter
        members = {
            "columns": list(self.columns),
            "version_uuid": version_uuid,
            "geometry_columns": self.geometry,
            "output_options": options,
        }
        return encoded(members | box_member(self.box))


def box_member(box: Box | None) -> dict[str, Any]:
    """The `bbox` of a body; the server judges which axes go together."""
    if box is None:
        return {}
    return {"bbox": {f"{axis}_minmax": {"min": low, "max": high} for axis, (low, high) in box.items()}}


def encoded(members: Mapping[str, Any]) -> bytes:
    """A body. Raises Invalid."""
    try:
        return msgspec.json.encode(members)
    except (TypeError, ValueError) as error:
        raise Invalid(f"The request cannot be written as JSON: {error}") from error


def query(url: str, asked: Query, version_uuid: str, file_format: str) -> Flow[str]:
    """The id of the job that writes the file, once it is done. Raises CoreshedError of what failed."""
    body = asked.body(version_uuid, file_format)
    begun = yield from ask(Call("POST", f"{url}/blocks", reads(_Queried), body=body, headers=_JSON))
    job_id = job_of(begun.job_url)
    yield from outcome(url, job_id)
    return job_id


def download_link(url: str, job_id: str) -> Flow[str]:
    """A fresh link to the file of a job that is done."""
    return (yield from made(url, job_id, _Link)).download_url


def job_of(job_url: str) -> str:
    """The id of a job: its last segment alone is used, for a credential goes to no address that an answer names."""
    job_id = job_url.rpartition("/")[2]
    if not is_uuid(job_id):
        raise ServerFailed("The server names a job that has no id.")
    return job_id


def made(url: str, job_id: str, kind: type[T]) -> Flow[T]:
    """What a job has made, as `outcome`. Raises ServerFailed for what is something else."""
    payload = yield from outcome(url, job_id)
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise ServerFailed(f"The server's answer cannot be read: {error}.") from error


def outcome(url: str, job_id: str) -> Flow[Any]:
    """The payload of a job, once it is complete; waits as long as it runs. Raises CoreshedError of what failed."""
    pause = 0.0
    while True:
        job = yield from ask(Call("GET", f"{url}/jobs/{job_id}", reads(_Job), after=pause))
        if job.job_status == "COMPLETE":
            return job.payload
        if job.job_status == "FAILED":
            raise _failure(job.payload, job_id)
        pause = min(max(pause * _GROWTH, _FIRST_PAUSE), _LONGEST_PAUSE)


def _failure(payload: Any, job_id: str) -> Exception:
    """What a failed job raises: the same as an answer with its status would."""
    status = payload.get("status") if isinstance(payload, dict) else None
    problem = msgspec.json.encode(payload)
    return of_answer(status if isinstance(status, int) else 500, {}, problem, asked=f"Job {job_id}")
