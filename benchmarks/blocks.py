"""The block engine against pyarrow on the same data: every step in a process of its own, on a warm local disk.

CORESHED_BENCH_BLOCKS sets the shape of the model; default 250x200x200 (10 M blocks). CORESHED_BENCH_LONG sets that of
the large one (500x500x400, 100 M blocks; `none` leaves it out). CORESHED_BENCH_SMALL, set to anything, makes both so
small that all is tried within a minute or two; these figures say nothing.
"""

import importlib.util
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import block_api
from benchmarks.client import Unexpected
from benchmarks.report import Row, Section
from benchmarks.sites import Site

_SMALL = bool(os.environ.get("CORESHED_BENCH_SMALL"))
_SHAPE = os.environ.get("CORESHED_BENCH_BLOCKS", "60x50x40" if _SMALL else "250x200x200")
_LONG = os.environ.get("CORESHED_BENCH_LONG", "100x60x50" if _SMALL else "500x500x400")
_SECONDS = 1800
_NO_DELTA = "deltalake is not installed: `pip install deltalake`"
_TENTH = 10


def step(directory: Path, name: str, argument: str = "", *, module: str = "block_steps") -> dict[str, Any]:
    """One step in a child. Raises Unexpected."""
    words = [sys.executable, "-m", f"benchmarks.{module}", name, str(directory), argument]
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


def memory(what: str, found: dict[str, Any], most: float) -> Row:
    """The peak memory of a step."""
    return Row(what, f"{found['rss']:.0f} MB", "", "", f"<= {most:g} MB", found["rss"] <= most)


def run(site: Site) -> list[Section]:
    """Both sizes, and the API."""
    sections = [_wide(_place(site, "wide", _shape(_SHAPE))), block_api.section(site, small=_SMALL)]
    return sections if _LONG == "none" else [*sections, _long(site, _shape(_LONG))]


def _shape(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("x"))


def _place(site: Site, name: str, shape: tuple[int, ...]) -> Path:
    directory = site.disk / name
    directory.mkdir(parents=True)
    (directory / "shape.json").write_text(json.dumps(shape))
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
        memory("memory of that export, peak", exported[2], 200),
        row("the SDK's default query of everything, second time", exported[3], floor, 0.5),
    ]
    added = step(directory, "add-column", "natural")
    rows += _columns(directory, added, floor)
    box = step(directory, "update-boxes", "1,0.02,1")
    rows += _updates(directory, box, floor)
    rows += [_report(directory), *_delta(directory, added, box)]
    shape = "x".join(map(str, json.loads((directory / "shape.json").read_text())))
    method = (
        f"{shape} blocks, 25 columns ({made['arrow_mb']:.0f} MB in Arrow: 12 grades in full precision, 8 rounded, 4 % "
        "clustered and 1 % random nulls, 2 texts, 3 whole numbers). zstd level 1 everywhere. Every step is a process "
        "of its own that opens the store anew; the time of its imports does not count, its peak memory does. "
        "The rewrite: median of 3; single runs otherwise, boxes the median of 5. The engine syncs its files, "
        "pyarrow does not. Processes have no pandas, as servers have none. The report: masses and two grades by two "
        "texts, the median of 3; DuckDB puts blocks into bins in one pass as well, on as many threads, and its totals "
        "are compared. Delta Lake: delta-rs, zstd level 1, a column added by overwriting the table with one that has "
        "it, streaming and without a join; the box merged with a predicate that names it."
    )
    return Section("Block models", method, rows)


def _columns(directory: Path, added: dict[str, Any], floor: float) -> list[Row]:
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
    timed = [_at_once(f"{what} a column", alone[what]) for what in ("rename", "delete")]
    return [row("add a column to all blocks", added, floor, 0.15), bytes_row, *timed]


def _at_once(what: str, milliseconds: float) -> Row:
    return Row(what, f"{milliseconds:.2f} ms", "", "", "<= 5 ms", milliseconds <= 5)


def _updates(directory: Path, box: dict[str, Any], floor: float) -> list[Row]:
    pyarrow = step(directory, "pyarrow-box")["seconds"]
    rows = [
        row("replace a column in a 2 % box", box, floor, 0.02),
        row("2 columns of a 2 % box, version 2", step(directory, "read-box", "2"), pyarrow, 0.6, against="pyarrow"),
    ]
    many = step(directory, "update-boxes", "50,0.01,3")
    growth = many["written_mb"] / many["data_mb"]
    alone = step(directory, "versions-alone")
    grown = f"{many['written_mb']:.0f} MB"
    return [
        *rows,
        row("50 versions of 3 columns in 1 % boxes", many, floor, 0.25),
        Row(
            "bytes that they add", grown, f"data {many['data_mb']:.0f} MB", f"{growth:.3g} x", "<= 1.3 x", growth <= 1.3
        ),
        _at_once(f"list {alone['versions']} versions", alone["list"]),
        _at_once(f"delta of version 2 and the newest, {alone['columns']} columns changed", alone["delta"]),
        row("2 columns of a 2 % box, latest", step(directory, "read-box", "latest"), pyarrow, 0.6, against="pyarrow"),
        row("export after these versions", step(directory, "export", "natural,latest,ijk"), floor, 0.35),
        row("compaction", step(directory, "compact"), floor, 1.0),
        row("export, compacted", step(directory, "export", "natural,latest,ijk"), floor, 0.15),
    ]


def _report(directory: Path) -> Row:
    ours = step(directory, "report", module="block_peers")
    theirs = step(directory, "report-duckdb", module="block_peers")
    pairs = zip(chain.from_iterable(ours["totals"]), chain.from_iterable(theirs["totals"]), strict=True)
    if not all(math.isclose(one, other, rel_tol=1e-9) for one, other in pairs):
        raise Unexpected("the report and DuckDB come to other totals")
    return row("report, 20 cut-offs by 2 categories", ours, theirs["seconds"], 1.2, against="DuckDB")


def _delta(directory: Path, added: dict[str, Any], box: dict[str, Any]) -> list[Row]:
    """Against delta-rs on the same data; and how long a publication takes."""
    ours = (("add a column", added, "delta-add-column"), ("replace a column in a 2 % box", box, "delta-update-box"))
    published = step(directory, "publish-delta", module="block_peers")
    shown = f"{published['seconds']:.3g} s, {published['written_mb']:.0f} MB"
    if importlib.util.find_spec("deltalake") is None:
        missing = [
            Row(what, shown, _NO_DELTA, "", bar)
            for name, found, _ in ours
            for what, shown, bar in (
                (f"{name}, against Delta Lake", f"{found['seconds']:.3g} s", ">= 15 x faster"),
                ("bytes that it writes", f"{found['written_mb']:.1f} MB", ">= 10 x fewer"),
            )
        ]
        return [*missing, Row("export, and publication as a Delta table", shown, _NO_DELTA)]
    written = step(directory, "delta-write", module="block_peers")
    rows = []
    for name, found, peer in ours:
        theirs = step(directory, peer, module="block_peers")
        rows += [
            _times(f"{name}, against Delta Lake", ("seconds", "s"), found, theirs, 15, "faster"),
            _times("bytes that it writes", ("written_mb", "MB"), found, theirs, 10, "fewer"),
        ]
    ratio = published["seconds"] / written["seconds"]
    against = f"delta-rs writes the natural file anew {written['seconds']:.3g} s"
    return [*rows, Row("export, and publication as a Delta table", shown, against, f"{ratio:.3g} x")]


def _times(
    what: str, figure: tuple[str, str], ours: dict[str, Any], theirs: dict[str, Any], bar: float, word: str
) -> Row:
    """How many times as much delta-rs takes. figure: its key and its unit."""
    key, unit = figure
    times = theirs[key] / ours[key]
    taken = f", {theirs['rss']:.0f} MB of memory" if unit == "s" else ""
    against = f"delta-rs {theirs[key]:.3g} {unit}{taken}"
    return Row(what, f"{ours[key]:.3g} {unit}", against, f"{times:.3g} x {word}", f">= {bar:g} x {word}", times >= bar)


def _long(site: Site, shape: tuple[int, ...]) -> Section:
    """The large model, and one of a tenth of its blocks whose times say what is to be expected."""
    tenth = (max(1, shape[0] // _TENTH), *shape[1:])
    factor = math.prod(shape) / math.prod(tenth)
    floors, small = _long_steps(_place(site, "tenth", tenth))
    floor, large = _long_steps(_place(site, "long", shape))
    rows = [Row("pyarrow rewrite, Parquet to Parquet", f"{floor:.3g} s", f"{factor:g} times {floors:.3g} s")]
    for what, found in large.items():
        expected = small[what]["seconds"] * factor
        ratio = found["seconds"] / expected
        against = f"{factor:g} times {small[what]['seconds']:.3g} s; rewrite {floor:.3g} s"
        rows += [
            Row(what, f"{found['seconds']:.3g} s", against, f"{ratio:.3g} x", "<= 1.3 x", ratio <= 1.3),
            memory(f"memory of that {what.split()[0]}, peak", found, 1000),
        ]
    words = "x".join(map(str, shape)), "x".join(map(str, tenth))
    method = (
        f"{words[0]} blocks, 7 columns of rounded grades, against the same steps over {words[1]}; the second of two "
        "exports; else as above."
    )
    return Section("A large block model", method, rows)


def _long_steps(directory: Path) -> tuple[float, dict[str, dict[str, Any]]]:
    """Seconds of the rewrite, and the engine's steps."""
    step(directory, "generate", "long")
    floor = step(directory, "rewrite", "long")["seconds"]
    steps = (
        ("ingest", "ingest", "long"),
        ("addition of a column", "add-column", "long"),
        ("export by index", "export", "long,latest,ijk"),
    )
    found = {what: step(directory, name, argument) for what, name, argument in steps}
    found["export by index"] = step(directory, *steps[-1][1:])  # the second one, as of the wide model
    shutil.rmtree(directory)
    return floor, found
