"""Questions about versions that a worker answers: differences, swaths, grade-tonnage curves.

Versions never change, so that one question has one answer: its job is found again by its id, which follows from model,
kind and order, and from the release of Coreshed: another one may reckon better, or say it in other members.
"""

import zlib
from dataclasses import dataclass
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct

from coreshed import __version__
from coreshed.blockmodels import analysis_rules, ledger, orders, presentation
from coreshed.blockmodels.ledger import StoredModel, StoredVersion
from coreshed.blockmodels.orders import DIFF_JOB, GRADE_TONNAGE_JOB, SWATH_JOB, DiffOrder
from coreshed.blockmodels.service.ground import Ground
from coreshed.blockmodels.service.jobs import Progress
from coreshed.blockmodels.service.queries import check_box
from coreshed.blockmodels.service.report_runs import rules_of
from coreshed.blockmodels.service.versions import Versions, owner
from coreshed.blockmodels.wire.analyses import (
    Analysis,
    AnalysisJob,
    GradeTonnageAnswer,
    GradeTonnageQuestion,
    SwathAnswer,
    SwathQuestion,
    VersionDifference,
)
from coreshed.blockmodels.wire.geometry import BBox, Box
from coreshed.blockmodels.wire.queries import Payload
from coreshed.database import Rows
from coreshed.identity import Principal
from coreshed.ids import WorkspaceKey, is_uuid
from coreshed.jobs import Job, State
from coreshed.problems import InternalError, Invalid, NotFound, Unprocessable
from coreshed.workspaces import Role

_ANSWERS: dict[str, type[Analysis]] = {
    DIFF_JOB: VersionDifference,
    SWATH_JOB: SwathAnswer,
    GRADE_TONNAGE_JOB: GradeTonnageAnswer,
}
_MOST_ATTEMPTS = 20
"""Jobs that are made for one question where they fail; after that its last failure is the answer."""
_NUMBER_DIGITS = 9

Version: TypeAlias = int | str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A question that has been accepted. answer: where it is there already."""

    shown: AnalysisJob
    answer: Analysis | None


class Analyses:
    """What versions say. patience: seconds for which whoever asks is kept waiting for the answer."""

    def __init__(self, ground: Ground, jobs: Progress, versions: Versions) -> None:
        self.patience = 30.0
        self._ground = ground
        self._jobs = jobs
        self._versions = versions
        for kind in _ANSWERS:
            jobs.register(kind, self._shown)

    async def settle(self, job_id: str) -> None:
        """Wait for a job, as long as anybody is kept waiting. It needs no thread."""
        await self._ground.jobs.wait(job_id, self.patience)

    def diff(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, before: str, after: str) -> Begun:
        """What differs between two versions, each by number or UUID; takes a viewer. Raises Invalid, NotFound, Gone."""
        named = [version_named(each) for each in (before, after)]
        with self._ground.database.writing() as rows:
            model = self._model(rows, caller, workspace, model_id)
            one, other = [self._version(rows, model, each).version_id for each in named]
            return self._begin(rows, caller, model, DIFF_JOB, DiffOrder(one, other))

    def swath(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: SwathQuestion) -> Begun:
        """Columns along an axis; takes a viewer. Raises Invalid, NotFound, Gone, ColumnNotFound, Unprocessable."""
        with self._ground.database.writing() as rows:
            model = self._model(rows, caller, workspace, model_id)
            _check_box(model, asked.bbox)
            order = self._asked(rows, model, asked.version).swath(asked, model.geometry)
            return self._begin(rows, caller, model, SWATH_JOB, order)

    def grade_tonnage(
        self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, asked: GradeTonnageQuestion
    ) -> Begun:
        """Tonnage and grade above cut-offs; takes a viewer. Raises as `swath`."""
        with self._ground.database.writing() as rows:
            model = self._model(rows, caller, workspace, model_id)
            _check_box(model, asked.bbox)
            order = self._asked(rows, model, asked.version).grade_tonnage(asked)
            return self._begin(rows, caller, model, GRADE_TONNAGE_JOB, order)

    def answer(self, *, caller: Principal, workspace: WorkspaceKey, model_id: str, job_id: str) -> Analysis | None:
        """What a job has made, None where it is not done; takes a viewer.

        Raises NotFound, Gone, and what it failed of.
        """
        with self._ground.database.reading() as rows:
            self._ground.require(rows, caller, workspace, Role.VIEWER)
            self._ground.live(rows, workspace, model_id)
            return _answered(self._jobs.find(rows, model_id, job_id))

    # Parts

    def _model(self, rows: Rows, caller: Principal, workspace: WorkspaceKey, model_id: str) -> StoredModel:
        """Locked, so that of two who ask the same one finds the job of the other."""
        self._ground.require(rows, caller, workspace, Role.VIEWER)
        return self._ground.live(rows, workspace, model_id, lock=True)

    def _version(self, rows: Rows, model: StoredModel, version: Version) -> StoredVersion:
        if isinstance(version, str):
            return self._versions.find(rows, model.id, version)
        found = ledger.find_version(rows, model.id, model.version_id if version is None else version)
        if found is None:
            raise NotFound(f"Version {version} of block model {model.id} not found.")
        return found

    def _asked(self, rows: Rows, model: StoredModel, version: Version) -> analysis_rules.Asked:
        if isinstance(version, str):
            version = version_named(version)
        found, newest = self._version(rows, model, version), self._version(rows, model, None)
        return analysis_rules.Asked(rules_of(found), rules_of(newest), found.version_id, model.size_unit_id)

    def _begin(self, rows: Rows, caller: Principal, model: StoredModel, kind: str, order: Struct) -> Begun:
        """The job of the same question, unless it has failed; else a new one."""
        content = orders.encode(order)
        question = f"{owner(model.id)}/{kind}/{__version__}/{content.decode()}"
        job: Job | None = None
        for attempt in range(_MOST_ATTEMPTS):
            job_id = str(uuid5(NAMESPACE_URL, f"{question}/{attempt}"))
            job = self._find(rows, job_id)
            if job is None:
                job = self._ground.jobs.create(
                    rows,
                    kind=kind,
                    owner=owner(model.id),
                    input=content,
                    # One question of a user after the other: updates are not kept waiting by any number of them.
                    serial=f"analysis:{caller.user_id}",
                    job_id=job_id,
                    principal_id=caller.user_id,
                    workspace_id=model.workspace_id,
                )
            if job.state is not State.FAILED:
                break
        assert job is not None  # noqa: S101  (there is at least one attempt)
        url = presentation.job_url(self._ground.public_url, model, job.id)
        return Begun(AnalysisJob(model.id, job.id, url), _answered(job))

    def _find(self, rows: Rows, job_id: str) -> Job | None:
        try:
            return self._ground.jobs.get(rows, job_id)
        except NotFound:
            return None

    def _shown(self, _rows: Rows, _model: StoredModel, job: Job) -> Payload:
        return _answered(job)


def version_named(text: str) -> int | str:
    """A version by its number or its UUID. Raises Invalid, NotFound."""
    if is_uuid(text):
        return text.lower()
    if not text.isascii() or not text.isdecimal():
        raise Invalid(f"{text[:40]!r} is neither the number nor the UUID of a version.")
    if len(text) > _NUMBER_DIGITS:
        raise NotFound(f"There is no version {text[:40]}.")
    return int(text)


def pack(answer: Analysis) -> bytes:
    """An answer as jobs keep it."""
    return zlib.compress(msgspec.json.encode(answer), 1)


def _answered(job: Job) -> Analysis | None:
    """Raises what the job failed of."""
    if job.state is State.FAILED:
        problem = job.problem or {}
        raise (Unprocessable if 400 <= problem.get("status", 500) < 500 else InternalError)(problem.get("detail"))
    if job.result is None:
        return None
    return msgspec.json.decode(zlib.decompress(job.result), type=_ANSWERS[job.kind])


def _check_box(model: StoredModel, asked: Box | None) -> None:
    box = None if asked is None else asked.either()
    if isinstance(box, BBox):
        check_box(model, box)
