"""Closed surfaces of triangles: which points lie inside."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from coreshed.blockmodels.engine.errors import EngineError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_MOST_PAIRS = 1 << 20  # of a line and a triangle that are looked at together
_MOST_CELLS = 1024  # of the index along each axis
_ENTRIES_PER_TRIANGLE = 8


class OpenSurface(EngineError, ValueError):
    """Triangles that enclose nothing, because an edge belongs to an odd number of them."""


class Solid:
    """What a closed surface of triangles encloses. Safe for threads.

    vertices: shape (v, 3), world x, y, z, finite. triangles: shape (t, 3), zero-based indices into them, in any
    orientation; vertices at the same place count as one. Several shells are one surface, and where shells lie within
    one another, or a surface cuts itself, a point is inside where an odd number of crossings lies above it. Raises
    OpenSurface.

    A vertical line through a point crosses a triangle where its projection does, and this is decided edge by edge in
    the same way for all triangles of an edge. So a line crosses a closed surface an even number of times whatever the
    rounding, also through edges and vertices; only the heights of crossings are rounded.
    """

    def __init__(self, vertices: Floats, triangles: Numbers) -> None:
        self._vertices, welded = np.unique(vertices, axis=0, return_inverse=True)
        corners = welded.reshape(-1)[triangles]
        a, b, c = corners.T
        self._corners = corners[(a != b) & (b != c) & (c != a)]
        self._require_closed()
        self._index = _Index(self._vertices, self._corners)

    def _require_closed(self) -> None:
        ends = np.sort(np.concatenate([self._corners[:, [0, 1]], self._corners[:, [1, 2]], self._corners[:, [2, 0]]]))
        _, times = np.unique(ends[:, 0] * len(self._vertices) + ends[:, 1], return_counts=True)
        odd = int((times % 2).sum())
        if odd or not len(times):
            raise OpenSurface(f"The surface is not closed: {odd:,} of its {len(times):,} edges have an open side.")

    def contains(self, x: Floats, y: Floats, z: Floats) -> Flags:
        """Which points, shape (n,) each, lie inside: shape (n,). On the surface it is the one or the other."""
        columns, line = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
        line = line.reshape(-1)
        odd = np.zeros(len(z), dtype=np.bool_)
        order = np.argsort(line, kind="stable")
        starts = np.searchsorted(line[order], np.arange(len(columns) + 1))
        for first, last, lines, faces in self._index.pairs(columns):
            lines, heights = self._crossings(columns, lines, faces)
            points = order[starts[first] : starts[last]]
            odd[points] = _above(line[points], z[points], lines, heights) % 2 == 1
        return odd

    def _crossings(self, columns: Floats, lines: Numbers, faces: Numbers) -> tuple[Numbers, Floats]:
        """Of pairs of a line and a triangle those that cross, as lines and heights."""
        corners = self._corners[faces]
        x, y = columns[lines].T
        crosses = np.zeros(len(faces), dtype=np.bool_)
        for one, other in ((0, 1), (1, 2), (2, 0)):
            crosses ^= self._passes(x, y, corners[:, one], corners[:, other])
        x, y, corners, lines = x[crosses], y[crosses], corners[crosses], lines[crosses]
        return lines, self._heights(x, y, corners)

    def _passes(self, x: Floats, y: Floats, one: Numbers, other: Numbers) -> Flags:
        """Whether a ray towards +x crosses an edge in plan; the edge is taken from its lower vertex number."""
        a, b = self._vertices[np.minimum(one, other)], self._vertices[np.maximum(one, other)]
        beside = (a[:, 1] > y) != (b[:, 1] > y)
        side = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])
        found: Flags = beside & ((side > 0) == (b[:, 1] > a[:, 1]))
        return found

    def _heights(self, x: Floats, y: Floats, corners: Numbers) -> Floats:
        """Where vertical lines meet the planes of triangles, within the triangles' own heights."""
        a, b, c = (self._vertices[corners[:, each]] for each in range(3))
        ab, ac = b - a, c - a
        area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
        flat = area == 0
        area[flat] = 1.0
        px, py = x - a[:, 0], y - a[:, 1]
        along_b = (px * ac[:, 1] - py * ac[:, 0]) / area
        along_c = (py * ab[:, 0] - px * ab[:, 1]) / area
        heights = a[:, 2] + along_b * ab[:, 2] + along_c * ac[:, 2]
        levels = np.sort(np.column_stack([a[:, 2], b[:, 2], c[:, 2]]), axis=1)
        heights[flat] = levels[flat, 1]
        found: Floats = np.clip(heights, levels[:, 0], levels[:, 2])
        return found


def _above(line: Numbers, z: Floats, lines: Numbers, heights: Floats) -> Numbers:
    """How many crossings of its own line lie above each point, (n,). line: ascending."""
    is_point = np.repeat([False, True], [len(heights), len(z)])
    # By line, then height; a crossing at the height of a point is not above it.
    order = np.lexsort([is_point, np.concatenate([heights, z]), np.concatenate([lines, line])])
    not_above = np.empty(len(order), dtype=np.int64)
    not_above[order] = np.cumsum(~is_point[order])
    of_line = np.searchsorted(np.sort(lines), line, side="right")
    found: Numbers = of_line - not_above[len(heights) :]
    return found


class _Index:
    """Triangles by the cells of a grid in plan that their boxes touch."""

    def __init__(self, vertices: Floats, corners: Numbers) -> None:
        plan = vertices[corners][:, :, :2]
        self._low, self._high = plan.min(axis=1), plan.max(axis=1)
        self._origin, self._end = self._low.min(axis=0), self._high.max(axis=0)
        cells = min(_MOST_CELLS, max(1, int(np.sqrt(len(corners)))))
        while cells > 1 and self._entries(cells) > _ENTRIES_PER_TRIANGLE * len(corners):
            cells //= 2
        self._cells = cells
        self._starts, self._faces = self._table()

    def _cell(self, plan: Floats, cells: int) -> Numbers:
        extent = self._end - self._origin
        extent[extent == 0] = 1.0
        found: Numbers = np.clip((plan - self._origin) / extent * cells, 0, cells - 1).astype(np.int64)
        return found

    def _entries(self, cells: int) -> int:
        spans = self._cell(self._high, cells) - self._cell(self._low, cells) + 1
        return int(spans.prod(axis=1).sum())

    def _table(self) -> tuple[Numbers, Numbers]:
        """First entry of each cell, (cells² + 1,), and the triangles of the entries."""
        low, high = self._cell(self._low, self._cells), self._cell(self._high, self._cells)
        spans = high - low + 1
        counts = spans.prod(axis=1)
        faces = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(faces)) - np.repeat(np.cumsum(counts) - counts, counts)
        across, down = np.divmod(within, spans[faces, 1])
        cell = (low[faces, 0] + across) * self._cells + low[faces, 1] + down
        order = np.argsort(cell, kind="stable")
        starts = np.searchsorted(cell[order], np.arange(self._cells**2 + 1))
        return starts, faces[order]

    def pairs(self, columns: Floats) -> Iterator[tuple[int, int, Numbers, Numbers]]:
        """Vertical lines by their x and y, shape (n, 2), with the triangles that each may cross.

        As (first line, last line + 1, pairs of a line and a triangle), so many lines at once that memory is bounded.
        """
        near = ((columns >= self._origin) & (columns <= self._end)).all(axis=1)
        cell = self._cell(columns, self._cells) @ np.array([self._cells, 1])
        first = self._starts[cell]
        counts = np.where(near, self._starts[cell + 1] - first, 0)
        before = np.concatenate([[0], np.cumsum(counts)])
        start = 0
        while start < len(columns):
            stop = max(start + 1, int(np.searchsorted(before, before[start] + _MOST_PAIRS, side="right")) - 1)
            lines = np.repeat(np.arange(start, stop), counts[start:stop])
            within = np.arange(len(lines)) - np.repeat(before[start:stop] - before[start], counts[start:stop])
            yield start, stop, lines, self._faces[first[lines] + within]
            start = stop
