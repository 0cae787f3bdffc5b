"""`python -m benchmarks [name ...]`: run the named benchmarks, or all, and write `bench-results/<date>.md`.

Everything runs on loopback with its files in a temporary directory (`TMPDIR` chooses the disk), which is removed at
the end together with every process that was started.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    blocks,
    files,
    headers,
    lists,
    machine,
    operations,
    push,
    report,
    sparse,
    stac,
    transfers,
    uploads,
)
from benchmarks.report import Section
from benchmarks.sites import Site

BENCHMARKS: dict[str, Callable[[Site], list[Section]]] = {
    "lists": lists.run,
    "files": files.run,
    "transfers": transfers.run,
    "sparse": sparse.run,
    "push": push.run,
    "uploads": uploads.run,
    "blocks": blocks.run,
    "headers": headers.run,
    "operations": operations.run,
    "stac": stac.run,
}
_RESULTS = Path("bench-results")
_DOCS = Path("docs/performance.md")


def main() -> int:
    """Exit code 0 whatever the figures are: they are for reading, a slow machine is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="which benchmarks; none: all")
    parser.add_argument("--docs", action="store_true", help="put the figures into docs/performance.md as well")
    arguments = parser.parse_args()
    chosen = arguments.names or list(BENCHMARKS)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # so that what was started is ended
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coreshed-bench-") as directory:
        disk = Path(directory)
        about = machine.describe(disk)
        print(report.heading(about), flush=True)
        sections: list[Section] = []
        for name in chosen:
            with Site.open(disk / name) as site:
                found = BENCHMARKS[name](site)
            sections += found
            print("\n".join(section.markdown() for section in found), flush=True)
    seconds = time.monotonic() - began
    figures = report.Report(about, sections, seconds)
    written = figures.write(_RESULTS)
    if arguments.docs:
        figures.put_into(_DOCS)
    print(f"{seconds:.0f} s in all; written to {written}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
