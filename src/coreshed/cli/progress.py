"""What people see while bytes move: one bar on a terminal, a line per file elsewhere, or a JSON object per file."""

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from coreshed.cli.remote import amount, encoded, shown, text_of

if TYPE_CHECKING:
    from coreshed.client import Progress


class Display:
    """One bar over all files of a command. total: bytes of all files, of which the server acknowledged `done`."""

    def __init__(self, verb: str, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()
        self._at: dict[str, Progress] = {}
        self._bar: Any = None
        self._total = 0
        if not as_json and sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task(verb, total=None, rate="", left="")

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def expect(self, total: int) -> None:
        """So many bytes are to come."""
        self._total = total

    def report(self, name: str, progress: "Progress") -> None:
        """Of the file of this name."""
        if self._bar is None:
            return
        with self._lock:
            self._at[name] = progress
            done = sum(each.done for each in self._at.values())
            rate = sum(each.rate for each in self._at.values() if each.done < each.total)
        total = max(self._total, done)
        left = _span((total - done) / rate) if rate > 0 and done < total else ""
        rate_text = f"{amount(rate)}/s" if rate > 0 else ""
        self._bar.update(self._task, total=total, completed=done, rate=rate_text, left=left)

    def line(self, text: str, record: dict[str, Any], *, failed: bool = False) -> None:
        """What became of a file."""
        if self._as_json:
            typer.echo(encoded(record))
        elif self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            typer.echo(text, err=failed)

    def failed(self, path: str, error: BaseException) -> None:
        """What went wrong with a file."""
        record = {"path": text_of(path), "status": "failed", "error": text_of(str(error))}
        self.line(f"coreshed: {shown(path)}: {shown(str(error))}", record, failed=True)


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    # The rate is that of acknowledged bytes; what the server had before would make rich's own too high.
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    return Progress(*columns, console=Console(stderr=True))


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02} left" if hours else f"{minutes}:{rest:02} left"
