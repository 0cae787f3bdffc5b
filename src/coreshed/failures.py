"""Steps of which one that fails does not keep the others from being taken."""

from collections.abc import Iterator
from contextlib import contextmanager


class Failures:
    """What went wrong in a row of steps."""

    def __init__(self) -> None:
        self._found: list[Exception] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """One step."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  (`raise_any` raises it)
            self._found.append(error)

    def raise_any(self) -> None:
        """Raise the one failure as it is, several in an ExceptionGroup."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            raise ExceptionGroup("Several steps failed.", self._found)
