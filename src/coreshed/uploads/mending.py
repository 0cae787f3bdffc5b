"""What a session is charged becomes what is there again, after a crash has come between.

A body renews a mark on its session while it is on its way, in the transactions that charge it, and so does content that
is published. A session whose mark is old has no body on its way; what is charged is then what is staged and committed.
"""

from coreshed import logs
from coreshed.clock import NANOSECONDS
from coreshed.identity import OPERATOR
from coreshed.uploads import ledger
from coreshed.uploads.ground import Ground

# A mark is renewed every minute at least while its server runs.
STILL_NS = 300 * NANOSECONDS
_BATCH = 100
_log = logs.logger("coreshed.uploads")


class Mending:
    """Each session is compared once after it has fallen still."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._database = ground.database

    def mend(self, *, alone: bool = False) -> int:
        """Set accounts right; how many were wrong. alone: no server takes bytes now, so that every mark is old."""
        now_ns = self._ground.clock.now_ns()
        before_ns = now_ns if alone else now_ns - STILL_NS
        with self._database.reading() as rows:
            found = ledger.still(rows, before_ns, None if alone else _BATCH)
        return sum([self._mended(upload_id, before_ns) for upload_id in found])

    def _mended(self, upload_id: str, before_ns: int) -> bool:
        try:
            return self._mend(upload_id, before_ns)
        except Exception:  # noqa: BLE001  (the others shall be mended, and the server shall start)
            _log.exception("upload_not_mended", upload_id=upload_id)
            return False

    def _mend(self, upload_id: str, before_ns: int) -> bool:
        with self._database.writing() as rows:
            # Whoever charges locks the session first: here it is either seen, or it comes afterwards.
            session = ledger.lock(rows, upload_id)
            if session is None or session.body_ns is None or session.body_ns > before_ns:
                return False
            ledger.change(rows, upload_id, body_ns=None)
            if session.status.ended:
                return False
            blob_ids = [file.blob_id for file in ledger.files(rows, upload_id)]
            stored = sum(self._ground.metering.stored_bytes(rows, blob_ids).values())
            drift = self._ground.quota.mend(rows, upload_id, stored)
            if drift:
                self._ground.record(rows, OPERATOR, "upload.mend", session, charged=stored + drift, stored=stored)
        if drift:
            _log.warning("upload_mended", upload_id=upload_id, charged=stored + drift, stored=stored)
        return drift != 0
