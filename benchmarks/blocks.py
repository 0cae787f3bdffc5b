"""The block engine against pyarrow on the same data: every step in a process of its own, on a warm local disk.

CORESHED_BENCH_BLOCKS sets the shape of the model; default 250x200x200 (10 M blocks). CORESHED_BENCH_LONG sets that of
the large one (500x500x400, 100 M blocks; `none` leaves it out).
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.client import Unexpected
from benchmarks.report import Row, Section
from benchmarks.sites import Site

_SHAPE = os.environ.get("CORESHED_BENCH_BLOCKS", "250x200x200")
_LONG = os.environ.get("CORESHED_BENCH_LONG", "500x500x400")
_SECONDS = 1800


def step(directory: Path, name: str, argument: str = "") -> dict[str, Any]:
    """One step in a child. Raises Unexpected."""
    words = [sys.executable, "-m", "benchmarks.block_steps", name, str(directory), argument]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if ended.returncode:
        raise Unexpected(ended.stderr)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def row(what: str, found: dict[str, Any], floor: float, bar: float, *, against: str = "rewrite", note: str = "") -> Row:
    """A measured time against a floor."""
    ratio = found["seconds"] / floor
    shown = f"{found['seconds']:.3g} s{note}, {found['rss']:.0f} MB"
    return Row(what, shown, f"{against} {floor:.3g} s", f"{ratio:.3g} x", f"<= {bar:g} x", ratio <= bar)


def run(site: Site) -> list[Section]:
    """Both sizes."""
    sections = [_wide(_place(site, "wide", _SHAPE))]
    return sections if _LONG == "none" else [*sections, _long(_place(site, "long", _LONG))]


def _place(site: Site, name: str, shape: str) -> Path:
    directory = site.disk / name
    directory.mkdir(parents=True)
    (directory / "shape.json").write_text(json.dumps([int(part) for part in shape.split("x")]))
    return directory


def _wide(directory: Path) -> Section:
    made = step(directory, "generate", "wide")
    rewrites = [step(directory, "rewrite", "natural") for _ in range(3)]
    floor = statistics.median(each["seconds"] for each in rewrites)
    rows = [
        Row("pyarrow rewrite, Parquet to Parquet", f"{floor:.3g} s, {rewrites[0]['rss']:.0f} MB", "", "1"),
        row("ingest, natural order", step(directory, "ingest", "natural"), floor, 0.8),
        row("ingest, any order", step(directory, "ingest", "shuffled"), floor, 1.0),
    ]
    exported = [step(directory, "export", f"natural,latest,{geometry}") for geometry in ("ijk", "xyz", "ijk", "xyz")]
    rows += [
        row("export of everything by index", exported[2], floor, 0.35),
        row("the SDK's default query of everything, second time", exported[3], floor, 0.5),
    ]
    rows += _columns(directory, floor)
    rows += _updates(directory, floor)
    shape = "x".join(map(str, json.loads((directory / "shape.json").read_text())))
    method = (
        f"{shape} blocks, 25 columns ({made['arrow_mb']:.0f} MB in Arrow: 12 grades in full precision, 8 rounded, 4 % "
        "clustered and 1 % random nulls, 2 texts, 3 whole numbers). zstd level 1 everywhere. Every step is a process "
        "of its own that opens the store anew; the time of its imports does not count, its peak memory does. "
        "The rewrite: median of 3; single runs otherwise, boxes the median of 5. The engine syncs its files, "
        "pyarrow does not."
    )
    return Section("Block models", method, rows)


def _columns(directory: Path, floor: float) -> list[Row]:
    added = step(directory, "add-column", "natural")
    ratio = added["written_mb"] / added["own_mb"]
    bytes_row = Row(
        "bytes that it writes",
        f"{added['written_mb']:.1f} MB",
        f"the column in the source {added['own_mb']:.1f} MB",
        f"{ratio:.3g} x",
        "<= 1.2 x",
        ratio <= 1.2,
    )
    alone = step(directory, "columns-alone")
    timed = [
        Row(f"{what} a column", f"{alone[what]:.2f} ms", "", "", "<= 5 ms", alone[what] <= 5)
        for what in ("rename", "delete")
    ]
    return [row("add a column to all blocks", added, floor, 0.15), bytes_row, *timed]


def _updates(directory: Path, floor: float) -> list[Row]:
    pyarrow = step(directory, "pyarrow-box")["seconds"]
    rows = [
        row("replace a column in a 2 % box", step(directory, "update-boxes", "1,0.02,1"), floor, 0.02),
        row("2 columns of a 2 % box, version 2", step(directory, "read-box", "2"), pyarrow, 0.6, against="pyarrow"),
    ]
    many = step(directory, "update-boxes", "50,0.01,3")
    growth = many["written_mb"] / many["data_mb"]
    grown = f"{many['written_mb']:.0f} MB"
    return [
        *rows,
        row("50 versions of 3 columns in 1 % boxes", many, floor, 0.25),
        Row(
            "bytes that they add", grown, f"data {many['data_mb']:.0f} MB", f"{growth:.3g} x", "<= 1.3 x", growth <= 1.3
        ),
        row("2 columns of a 2 % box, latest", step(directory, "read-box", "latest"), pyarrow, 0.6, against="pyarrow"),
        row("export after these versions", step(directory, "export", "natural,latest,ijk"), floor, 0.35),
        row("compaction", step(directory, "compact"), floor, 1.0),
        row("export, compacted", step(directory, "export", "natural,latest,ijk"), floor, 0.15),
    ]


def _long(directory: Path) -> Section:
    step(directory, "generate", "long")
    floor = step(directory, "rewrite", "long")["seconds"]
    rows = [Row("pyarrow rewrite, Parquet to Parquet", f"{floor:.3g} s", "", "1")]
    for what, name, argument in (
        ("ingest", "ingest", "long"),
        ("add a column", "add-column", "long"),
        ("export by index", "export", "long,latest,ijk"),
    ):
        found = step(directory, name, argument)
        memory = found["rss"]
        rows.append(
            Row(
                what,
                f"{found['seconds']:.3g} s, {memory:.0f} MB",
                f"rewrite {floor:.3g} s",
                f"{found['seconds'] / floor:.3g} x",
                "<= 1000 MB",
                memory <= 1000,
            )
        )
    shape = "x".join(map(str, json.loads((directory / "shape.json").read_text())))
    return Section("A large block model", f"{shape} blocks, 7 columns of rounded grades; as above.", rows)
