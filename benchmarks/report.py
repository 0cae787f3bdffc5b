"""Rows of measured figures, and the Markdown they become."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_HEAD = ("what", "measured", "floor or peer", "ratio", "bar", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. met: whether the bar is reached; None where there is no bar or nothing to compare with."""

    what: str
    measured: str
    against: str = ""
    ratio: str = ""
    bar: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The line's cells."""
        verdict = {True: "met", False: "**missed**", None: "not measured" if self.bar else ""}[self.met]
        return (self.what, self.measured, self.against, self.ratio, self.bar, verdict)


@dataclass(frozen=True, slots=True)
class Section:
    """A table, how it was measured, and what else a reader needs to judge it."""

    title: str
    method: str
    rows: list[Row]
    notes: Sequence[str] = field(default_factory=tuple)

    def markdown(self) -> str:
        """Heading, method, table, notes."""
        lines = [_line(_HEAD), _line(("---",) * len(_HEAD)), *(_line(row.cells()) for row in self.rows)]
        notes = "".join(f"* {note}\n" for note in self.notes)
        return f"\n## {self.title}\n\n{self.method}\n\n" + "\n".join(lines) + "\n" + (f"\n{notes}" if notes else "")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def heading(about: Sequence[str]) -> str:
    """The machine, as a list."""
    return "".join(f"* {line}\n" for line in about)


@dataclass(frozen=True, slots=True)
class Report:
    """One run: the machine, the tables, and how long it took."""

    about: Sequence[str]
    sections: Sequence[Section]
    seconds: float
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def markdown(self) -> str:
        """Everything below the first heading."""
        head = f"Measured on {self.at:%Y-%m-%d %H:%M} UTC in {self.seconds:.0f} s.\n\n{heading(self.about)}"
        return head + "".join(section.markdown() for section in self.sections)

    def write(self, directory: Path) -> Path:
        """To a new file `<directory>/<date and time>.md`."""
        directory.mkdir(exist_ok=True)
        path = directory / f"{self.at:%Y-%m-%dT%H%M%SZ}.md"
        path.write_text(f"# Benchmarks\n\n{self.markdown()}", encoding="utf-8")
        return path

    def put_into(self, page: Path) -> None:
        """Between the two marks of a page, in place of the figures that are there."""
        before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
        _, end, after = rest.partition(_END)
        if not end:
            raise ValueError(f"{page} lacks the marks {_BEGIN} and {_END}")
        page.write_text(f"{before}{begin}\n\n{self.markdown()}\n{end}{after}", encoding="utf-8")


def percentile(values: Sequence[float], percent: float) -> float:
    """Nearest-rank percentile: a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def spread(values: Sequence[float], unit: str, digits: int = 2) -> str:
    """`1.20 s (1.10-1.60, n=5)`: median, range, number of rounds."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f} {unit} (n=1)"
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} {unit} ({low:.{digits}f}-{high:.{digits}f}, n={len(values)})"
