"""Clients that create and update block models until the server is gone, and what they know of their models then."""

import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pyarrow as pa

from coreshed.blockmodels.engine.changes import Change, UpdateType, Written
from coreshed.blockmodels.engine.data_types import DataType
from coreshed.testing.plain_model import Plain, PlainModel, plain, random_values
from tests.blockmodels.over_http import Raw
from tests.blockmodels.updating import SMALL, UPDATE_ERROR, columns, new, parquet

PARENTS = (9, 8, 7)
BODY: dict[str, Any] = SMALL | {
    "size_options": SMALL["size_options"] | {"n_blocks": dict(zip(("nx", "ny", "nz"), PARENTS, strict=True))},
}
MOST_COLUMNS = 8


@dataclass
class Order:
    """An update that the server has accepted and that has not ended, as far as its client knows.

    named: the blocks of its file, None without one. given: what the file says of them, by column id. bad: the file
    names a block twice. announced: "no", "asked" where the answer was lost, "yes".
    """

    path: str
    version_uuid: str
    change: Change
    named: list[int] | None
    given: dict[str, list[Plain]]
    content: bytes | None
    bad: bool
    link: str | None
    announced: str = "no"


@dataclass
class Known:
    """A model as its client knows it. uuids: of the versions, the first first."""

    id: str
    object_id: str
    plain: PlainModel
    uuids: list[str]
    orders: list[Order] = field(default_factory=list)
    titles: int = 0

    @property
    def columns(self) -> dict[str, Any]:
        """Those of the newest version, by id."""
        return dict(self.plain.versions[self.plain.newest].columns)

    def title(self) -> str:
        """One that no column has had."""
        self.titles += 1
        return f"column {self.titles}"

    def publish(self, order: Order, payload: Mapping[str, Any]) -> None:
        """The server says that the order has become a version."""
        assert payload["version_uuid"] == order.version_uuid
        assert payload["version_id"] == self.plain.newest + 1
        self.plain.append(self.plain.next(order.change, order.named, order.given))
        self.uuids.append(order.version_uuid)


@dataclass(frozen=True)
class Wish:
    """An update to be asked for. new: titles and types; values: of the file, by title."""

    new: Sequence[tuple[str, DataType]] = ()
    updated: Sequence[str] = ()
    deleted: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    update_type: UpdateType = UpdateType.MERGE
    named: list[int] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    bad: bool = False

    def body(self, model: Known) -> dict[str, Any]:
        """The request."""
        titles = {name: each.title for name, each in model.columns.items()}
        asked = columns(
            new=[new(title, data_type.value) for title, data_type in self.new],
            update=[titles[each] for each in self.updated],
            delete=[titles[each] for each in self.deleted],
            rename=[{"title": titles[name], "new_title": title} for name, title in self.renamed.items()],
        )
        return {"columns": asked, "update_type": self.update_type.value}

    def order(self, model: Known, begun: Mapping[str, Any]) -> Order:
        """What the server has made of it."""
        ids = [each["col_id"] for each in begun["changes"]["columns"]["new"]]
        made = [Written(name, title, kind, title) for name, (title, kind) in zip(ids, self.new, strict=True)]
        known = model.columns
        updated = [Written(name, known[name].title, known[name].data_type, known[name].title) for name in self.updated]
        change = Change(tuple(made), tuple(updated), self.deleted, self.renamed, self.update_type)
        given = {each.column_id: plain(self.values[each.title]) for each in (*made, *updated)}
        content = None
        if self.named is not None:
            i, j, k = (pa.array(axis, pa.uint32()) for axis in model.plain.indices(self.named))
            content = parquet(pa.table({"i": i, "j": j, "k": k, **self.values}))
        path = "/" + begun["job_url"].split("/", 3)[3]
        return Order(
            path, begun["version_uuid"], change, self.named, given, content, self.bad, link=begun["upload_url"]
        )


def wish(dice: random.Random, model: Known) -> Wish:
    """Some update of the newest version."""
    known = model.columns
    what = dice.choice(("write",) * 6 + ("rename", "delete", "bad")) if len(known) > 2 else "write"
    if what == "rename":
        return Wish(renamed={name: model.title() for name in dice.sample(list(known), dice.choice((1, 2)))})
    if what == "delete":
        return Wish(deleted=frozenset(dice.sample(list(known), 1)))
    updated = [name for name in known if dice.random() < 0.4]
    gone = [name for name in known if name not in updated and dice.random() < 0.1] if len(known) > 3 else []
    grows = not updated or (len(known) < MOST_COLUMNS and dice.random() < 0.3)
    made = [(model.title(), dice.choice(list(DataType))) for _ in range(dice.choice((1, 2)) if grows else 0)]
    return written(dice, model, made, updated, frozenset(gone), dice.choice(list(UpdateType)), bad=what == "bad")


def written(
    dice: random.Random,
    model: Known,
    made: Sequence[tuple[str, DataType]],
    updated: Sequence[str],
    gone: frozenset[str],
    update_type: UpdateType,
    *,
    bad: bool = False,
) -> Wish:
    """An update with a file."""
    count = model.plain.count
    named = dice.sample(range(count), dice.choice((1, 20, 20, 200, count)))
    if bad:
        named.append(named[0])
    kinds = [*made, *((model.columns[name].title, model.columns[name].data_type) for name in updated)]
    values = {title: random_values(dice, data_type, len(named)) for title, data_type in kinds}
    return Wish(made, updated, gone, {}, update_type, named, values, bad)


class Publisher(threading.Thread):
    """Updates the last of its models until it is told to stop or the server is gone.

    title: of a new model to begin with; None to begin with no new one.
    """

    def __init__(self, site: Raw, models: list[Known], title: str | None, dice: random.Random) -> None:
        super().__init__(name="publisher")
        self.site, self.models, self.title, self.dice = site, models, title, dice
        self.creating: str | None = None  # the name of a model whose creation was not answered
        self.stopping = threading.Event()
        self.busy = threading.Event()  # the first update has ended, or nothing more happens
        self.problem: Exception | None = None
        self.before = {model.id: model.plain.newest for model in models}
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        try:
            if self.title is not None:
                self.create(self.title)
            while not self.stopping.is_set():
                self._next()
                self.busy.set()
        except httpx.TransportError:
            pass  # the server has been killed
        except Exception as error:  # noqa: BLE001  (the round shows it)
            self.problem = error
        self.busy.set()

    def _next(self) -> None:
        model = self.models[-1]
        wishes = [wish(self.dice, model)]
        known = list(model.columns)
        if len(known) > 3 and self.dice.random() < 0.2:  # two at once, of different columns: both stand
            self.dice.shuffle(known)
            wishes = [
                written(self.dice, model, (), part, frozenset(), UpdateType.MERGE) for part in (known[:1], known[1:3])
            ]
        orders = [self.begin(model, each) for each in wishes]
        for order in orders:
            self.upload(order)
        for order in orders:
            self.announce(order)
        for order in orders:
            self.finish(model, order)

    def create(self, name: str) -> Known:
        """A model."""
        self.creating = name
        made = self.site.create(BODY | {"name": name})
        self.creating = None
        return self.adopt(made)

    def adopt(self, made: Mapping[str, Any]) -> Known:
        """A model that has just been created, and nothing else."""
        [first] = self.site.api.get(f"{self.site.root}/{made['bm_uuid']}/versions").json()["results"]
        known = Known(made["bm_uuid"], made["geoscience_object_id"], PlainModel(PARENTS), [first["version_uuid"]])
        self.models.append(known)
        return known

    def begin(self, model: Known, asked: Wish) -> Order:
        """Ask for an update."""
        order = asked.order(model, self.site.begin(model.id, asked.body(model)))
        assert (order.link is None) == (order.content is None)
        model.orders.append(order)
        return order

    def upload(self, order: Order) -> None:
        """The file, if there is one."""
        if order.link is not None and order.content is not None:
            self.site.put(order.link, order.content)

    def announce(self, order: Order) -> None:
        """Say that the upload is there; from here on the update is not to be lost."""
        order.announced = "asked"
        self.site.announce(order.path)
        order.announced = "yes"
        self.counts["announced"] += 1

    def finish(self, model: Known, order: Order) -> None:
        """Wait for the end of the job."""
        ended = self.site.end(order.path, 60)
        if order.bad:
            assert ended["job_status"] == "FAILED", ended
            assert ended["payload"]["type"] == UPDATE_ERROR, ended
            self.counts["refused"] += 1
        else:
            assert ended["job_status"] == "COMPLETE", ended
            model.publish(order, ended["payload"])
            self.counts["complete"] += 1
        model.orders.remove(order)

    def settle(self) -> None:
        """After a crash: end what was begun, as a client does that knows no more than the answers it has had."""
        if self.creating is not None:
            self._settle_creation(self.creating)
        for model in self.models:
            for order in list(model.orders):
                self._settle(model, order)

    def _settle_creation(self, name: str) -> None:
        answer = self.site.api.get(self.site.root, params={"limit": 100}).json()
        there = [each for each in answer["results"] if each["name"] == name]
        again = self.site.api.post(self.site.root, json=BODY | {"name": name})
        assert again.status_code == (409 if there else 201), again.text
        self.adopt(there[0] if there else again.json())
        self.creating = None

    def _settle(self, model: Known, order: Order) -> None:
        self.counts["settled"] += 1
        job = self.site.api.get(order.path).json()
        if order.announced == "yes":
            assert job["job_status"] != "PENDING_UPLOAD", "an announced update waits for its upload"
        elif job["job_status"] == "PENDING_UPLOAD":
            if order.announced == "no" and self.dice.random() < 0.3:
                model.orders.remove(order)  # given up: no version must come of it
                self.counts["given up"] += 1
                return
            order.link = (job.get("payload") or {}).get("upload_url")
            self.upload(order)
            self.announce(order)
        else:
            assert order.announced == "asked", "an update runs that nobody has announced"
        self.finish(model, order)


@dataclass(frozen=True)
class Reader:
    """Compares what the server answers with what its clients know."""

    site: Raw
    dice: random.Random

    def check(self, model: Known, numbers: Sequence[int]) -> None:
        """The list of versions, the reference object, and the blocks of some versions."""
        listed = self._versions(model)
        newest = model.plain.newest
        assert [each["version_id"] for each in listed] == list(range(newest, 0, -1))
        assert [each["version_uuid"] for each in listed] == model.uuids[::-1]
        for each in listed:
            found = {one["col_id"]: one["title"] for one in each["mapping"]["columns"] if one["col_id"] != one["title"]}
            expected = model.plain.versions[each["version_id"]].columns
            assert found == {name: column.title for name, column in expected.items()}
        self._check_object(model, listed[0])
        for number in numbers:
            self._check_blocks(model, number)

    def _versions(self, model: Known) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            query = {"limit": 100, "offset": len(found)}
            page = self.site.api.get(f"{self.site.root}/{model.id}/versions", params=query).json()
            found += page["results"]
            if len(found) >= page["total"]:
                return found

    def _check_object(self, model: Known, newest: Mapping[str, Any]) -> None:
        root = self.site.root.replace("/blockmodel/", "/geoscience-object/").removesuffix("/block-models")
        answer = self.site.api.get(f"{root}/objects/{model.object_id}")
        assert answer.status_code == 200, answer.text
        document = answer.json()["object"]
        assert document["block_model_version_uuid"] == newest["version_uuid"]
        assert answer.json()["version_id"] == newest["geoscience_version_id"]
        named = {each["key"]: each["name"] for each in document["attributes"]}
        assert named == {name: each.title for name, each in model.columns.items()}

    def _check_blocks(self, model: Known, number: int) -> None:
        expected = model.plain.versions[number]
        asked = {
            "columns": ["*", "version_id"],
            "version_uuid": model.uuids[number - 1],
            "output_options": {"file_format": "parquet", "column_headers": "id", "exclude_null_rows": False},
        }
        found = self.site.query(model.id, **asked)
        order = [(i * PARENTS[1] + j) * PARENTS[2] + k for i, j, k in zip(*map(_list(found), "ijk"), strict=True)]
        assert sorted(order) == list(range(model.plain.count))
        assert _list(found)("version_id") == [expected.marks[block] for block in order], number
        assert {*found.column_names} == {*"ijk", "version_id", *expected.columns}
        for name, column in expected.columns.items():
            values = found.column(name)
            assert values.type == column.data_type.arrow, (number, column.title)
            assert plain(values) == [column.values[block] for block in order], (number, column.title)


def _list(table: pa.Table) -> Any:
    return lambda name: table.column(name).to_pylist()
