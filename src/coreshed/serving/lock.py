"""One full server per data directory."""

import fcntl
from pathlib import Path
from typing import IO

from coreshed.settings import BadSettings


class DataLock:
    """A lock on DATA/lock that the kernel drops with the process, however it ends.

    A full server holds it alone; processes of a split installation (`--only`) share it. Raises BadSettings.
    """

    def __init__(self, data_dir: Path, *, shared: bool) -> None:
        try:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file: IO[bytes] = (data_dir / "lock").open("ab")
        except OSError as error:
            raise BadSettings(f"--data-dir {data_dir} cannot be used: {error.strerror or error}.") from error
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            if not isinstance(error, BlockingIOError):
                raise BadSettings(f"{data_dir}/lock cannot be locked: {error.strerror or error}.") from error
            raise BadSettings(
                f"Another Coreshed server is using {data_dir}. Stop it, choose another --data-dir, or run every "
                "process on it with --only."
            ) from error

    def release(self) -> None:
        """Let the next server in."""
        self._file.close()
