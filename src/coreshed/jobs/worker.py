"""The threads of a process that runs jobs: one claims, one renews leases, one more for each running job."""

import threading
import time
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from coreshed import ids, logs
from coreshed.clock import NANOSECONDS
from coreshed.jobs.model import LEASE_NS, Claim, LeaseLost, is_refusal
from coreshed.jobs.service import Jobs
from coreshed.problems import InternalError, StoreFailure

log = logs.logger(__name__)

# For a worker that nobody wakes; one that is woken looks less often.
POLL_SECONDS = 0.25
RENEWAL_SECONDS = LEASE_NS / NANOSECONDS / 3
_RENEWAL_RETRY_SECONDS = 1.0
_PROGRESS_SECONDS = 1.0
_FAILURE_PAUSE = 1.0


@dataclass(eq=False, slots=True)
class _Running:
    """A claim in the hands of a thread; the context of its run."""

    jobs: Jobs
    claim: Claim
    noted: float = 0.0
    lost: threading.Event = field(default_factory=threading.Event)

    def progress(self, fraction: float) -> None:
        """See JobContext."""
        self.check()
        now = time.monotonic()
        if now - self.noted < _PROGRESS_SECONDS:
            return
        self.noted = now
        try:
            with self.jobs.database.writing() as rows:
                self.jobs.note_progress(rows, self.claim, fraction)
        except LeaseLost:
            self.lost.set()
            raise
        except StoreFailure:
            log.warning("progress of a job not noted", job_id=self.claim.id)

    def check(self) -> None:
        """See JobContext."""
        if self.lost.is_set():
            raise LeaseLost(f"attempt {self.claim.attempt} at job {self.claim.id}")


class JobWorker:
    """Runs the jobs of the registered kinds, as many at once as it has threads, from `start` to `stop`.

    worker_id: under which its leases stand, different for every worker that ever was. poll: seconds between two looks
    at the queue when nothing wakes it. renewal: seconds between two renewals of a lease.
    """

    def __init__(
        self,
        jobs: Jobs,
        *,
        threads: int = 2,
        worker_id: str | None = None,
        poll: float = POLL_SECONDS,
        renewal: float = RENEWAL_SECONDS,
    ) -> None:
        self.worker_id = worker_id or ids.new_id()
        self._jobs, self._threads, self._poll, self._renewal = jobs, threads, poll, renewal
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._running: set[_Running] = set()
        self._own = [
            threading.Thread(target=self._claim_all, name="jobs", daemon=True),
            threading.Thread(target=self._renew_all, name="job-leases", daemon=True),
        ]

    def start(self) -> "JobWorker":
        """Begin to look for jobs."""
        self._jobs.on_queued(self.wake)
        for thread in self._own:
            thread.start()
        return self

    def wake(self) -> None:
        """Look at the queue now. From any thread."""
        self._woken.set()

    def stop(self, seconds: float) -> bool:
        """Claim nothing more; let running jobs finish for so long, then put them back. True where all have finished."""
        self._stopping.set()
        self._woken.set()
        deadline = time.monotonic() + seconds
        self._own[0].join(seconds)
        with self._changed:
            done = self._changed.wait_for(lambda: not self._running, max(deadline - time.monotonic(), 0))
            for running in self._running:
                running.lost.set()
        try:
            with self._jobs.database.writing() as rows:
                self._jobs.release(rows, self.worker_id)
        except StoreFailure:
            log.exception("leases not released; they end by themselves")
        return done

    # The thread that claims

    def _claim_all(self) -> None:
        looks = False  # after a wake there is something to do, most likely
        while not self._stopping.is_set():
            claimed = None
            pause = self._poll
            try:
                claimed = self._claim(looks=looks)
            except IntegrityError:
                continue  # another worker was faster with a job of the same serial
            except Exception:  # a database that restarts must not end the worker
                log.exception("no job claimed")
                pause = _FAILURE_PAUSE
            if claimed is not None:
                self._begin(claimed)
                looks = False
                continue
            looks = not self._woken.wait(pause)
            self._woken.clear()

    def _claim(self, *, looks: bool) -> Claim | None:
        with self._changed:
            if len(self._running) >= self._threads or any(each.claim.last for each in self._running):
                return None  # woken when one of them ends
            alone = not self._running
        if looks:
            with self._jobs.database.reading() as rows:
                if not self._jobs.anything_due(rows):
                    return None
        with self._jobs.database.writing() as rows:
            return self._jobs.claim(rows, self.worker_id, alone=alone)

    def _begin(self, claim: Claim) -> None:
        running = _Running(self._jobs, claim)
        with self._changed:
            self._running.add(running)
        try:
            threading.Thread(target=self._run, args=(running,), name=f"job-{claim.kind}", daemon=True).start()
        except RuntimeError:  # no more threads are to be had; the lease ends by itself
            log.exception("job not begun", job_id=claim.id)
            with self._changed:
                self._running.discard(running)

    # The threads that work

    def _run(self, running: _Running) -> None:
        claim = running.claim
        logs.enter_request(claim.id)
        started = time.monotonic()
        try:
            self._attempt(running)
        except LeaseLost:
            log.warning("lease of a job lost", kind=claim.kind, attempt=claim.attempt)
        except Exception as error:  # noqa: BLE001  (its kind and the ledger decide what it means)
            self._end(running, error)
        else:
            seconds = round(time.monotonic() - started, 3)
            log.info("job complete", kind=claim.kind, attempt=claim.attempt, seconds=seconds)
        finally:
            with self._changed:
                self._running.discard(running)
                self._changed.notify_all()
            self._woken.set()

    def _attempt(self, running: _Running) -> None:
        claim, database = running.claim, self._jobs.database
        result = self._jobs.kind(claim.kind).run(claim, running)
        if result is not None:
            with database.writing() as rows:
                self._jobs.complete(rows, claim, result)
            return
        with database.reading() as rows:
            if not self._jobs.get(rows, claim.id).finished:
                raise InternalError("The kind neither returned a result nor completed its job.")

    def _end(self, running: _Running, error: Exception) -> None:
        """Write down what became of the attempt, however long the database is away: until then the job stays ours."""
        claim = running.claim
        while True:
            try:
                with self._jobs.database.writing() as rows:
                    fate = self._jobs.end_attempt(rows, claim, error)
            except LeaseLost:
                log.warning("lease of a job lost", kind=claim.kind, attempt=claim.attempt, exc_info=error)
            except StoreFailure:
                if not self._stopping.wait(_FAILURE_PAUSE):
                    continue
                log.exception("end of a job not noted", kind=claim.kind, attempt=claim.attempt)
            else:
                # Refusals are the caller's to read; their traceback would tell the operator nothing.
                cause = None if is_refusal(error) else error
                log.warning("job ended", kind=claim.kind, attempt=claim.attempt, fate=str(fate), exc_info=cause)
            return

    # The thread that renews leases

    def _renew_all(self) -> None:
        pause = self._renewal
        while not self._stopping.wait(pause):
            with self._changed:
                held = list(self._running)
            try:
                for running in held:
                    self._renew(running)
                pause = self._renewal
            except Exception:
                log.exception("leases not renewed")
                pause = _RENEWAL_RETRY_SECONDS

    def _renew(self, running: _Running) -> None:
        try:
            with self._jobs.database.writing() as rows:
                self._jobs.renew(rows, running.claim)
        except LeaseLost:
            running.lost.set()  # or it has just ended
