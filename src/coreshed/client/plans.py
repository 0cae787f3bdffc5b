"""What is to be moved where: directories to folders and back, as plans that nothing has been done of yet."""

import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISLNK, S_ISREG

from coreshed.client import file_calls
from coreshed.client.errors import Conflict, Gone, Invalid, NotFound
from coreshed.client.file_calls import FileId
from coreshed.client.pushing import Site
from coreshed.client.transfers.part import part_names
from coreshed.client.transfers.patience import Patience


@dataclass(frozen=True, slots=True)
class Item:
    """One file to move. error: why it is not even tried. asked: what names it on the server."""

    local: Path
    path: str
    size: int = 0
    error: Exception | None = None
    asked: FileId | None = None


@dataclass(slots=True)
class Plan:
    """What is to be done, in order. skipped: local paths that are no files."""

    files: list[Item] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


def key(path: str) -> str:
    """The form under which the server compares paths."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path.strip("/")).casefold())


# Up


def plan_push(paths: Sequence[Path], folder: str, name: str | None) -> Plan:
    """Every file below these paths, in the order of their names, and where on the server it goes."""
    plan = walked(paths, folder, name)
    seen: dict[str, Item] = {}
    for number, item in enumerate(plan.files):
        other = seen.setdefault(key(item.path), item)
        if other is not item:
            said = f"{other.local} has the same path on the server, where capital and small letters are the same."
            plan.files[number] = Item(item.local, item.path, error=Conflict(said))
    return plan


def walked(paths: Sequence[Path], folder: str = "", name: str | None = None) -> Plan:
    """The same before anybody has looked whether two of them go to one place."""
    plan = Plan()
    for path in paths:
        target = "/".join(part for part in (folder.strip("/"), name or _own_name(path)) if part)
        try:
            _add(plan, path, target, path.stat())
        except OSError as error:
            plan.files.append(Item(path, target, error=error))
    return plan


def _own_name(path: Path) -> str:
    """A link that is named is followed, and keeps its own name; `.` and `..` are called what they are."""
    return path.resolve().name if path.name in {"", ".."} else path.name


def _add(plan: Plan, path: Path, target: str, state: os.stat_result) -> None:
    if S_ISREG(state.st_mode):
        plan.files.append(Item(path, target, state.st_size))
    elif not S_ISDIR(state.st_mode):
        plan.skipped.append(path)
    else:
        for child in sorted(path.iterdir()):
            place = f"{target}/{child.name}"
            try:
                state = child.lstat()
                if S_ISLNK(state.st_mode):
                    plan.skipped.append(child)
                else:
                    _add(plan, child, place, state)
            except OSError as error:
                plan.files.append(Item(child, place, error=error))


# Down


def plan_pull(site: Site, wanted: Sequence[str], place: str, version: str | None, *, by_id: bool = False) -> Plan:
    """Every file that is meant, and where it goes: never outside of `place`, and never two to one name.

    by_id: what is wanted are ids of files, not paths. Raises CoreshedError where the server cannot be asked.
    """
    plan = Plan()
    destination = Path(place)
    into = destination.is_dir() or place.endswith("/") or len(wanted) > 1
    patience = Patience()
    for each in wanted:
        plan.files += _meant(site, each, destination, version, patience, into=into, by_id=by_id)
    for number, item in enumerate(plan.files):
        error = item.error or _unsafe(item, destination)
        if error is not None:
            plan.files[number] = Item(item.local, item.path, error=error)
    _keep_apart(plan)
    return plan


def _keep_apart(plan: Plan) -> None:
    """Leave out what would meet another file of the plan, or the part of one, on this disk."""
    parts = {key(str(name)): item.local for item in plan.files if item.error is None for name in part_names(item.local)}
    taken: dict[str, str] = {}
    for number, item in enumerate(plan.files):
        if item.error is None and (error := _is_a_part(item, parts) or _clash(item, taken)) is not None:
            plan.files[number] = Item(item.local, item.path, error=error)


def _is_a_part(item: Item, parts: Mapping[str, Path]) -> Exception | None:
    """A name, of the file or of a directory on its way, that belongs to the download of another file."""
    for each in (item.local, *item.local.parents):
        other = parts.get(key(str(each)))
        if other is not None:
            return Conflict(f"{each} is what {other} is called while it is fetched: fetch it to another place.")
    return None


def _meant(
    site: Site, wanted: str, destination: Path, version: str | None, patience: Patience, *, into: bool, by_id: bool
) -> list[Item]:
    """The file of this path or id, or the files of this folder."""
    if wanted.strip("/"):
        try:
            which = FileId(wanted) if by_id else wanted
            flow = file_calls.locate(site.session, which, version=version, deleted=True)
            file = site.sender.run(flow, patience).public()
        except (NotFound, Gone, Invalid) as error:
            if by_id or version is not None:
                return [Item(destination, wanted, error=error)]
        else:
            local = _inside(destination, file.name) if into else destination
            return [Item(local, file.full_path, file.size, asked=FileId(file.file_id))]
    return _below(site, wanted, destination, patience)


def _below(site: Site, wanted: str, destination: Path, patience: Patience) -> list[Item]:
    """The files of a folder."""
    folder = wanted.strip("/")
    start = len(folder) + 1 if folder else 0
    above = folder.rpartition("/")[0]
    cut = len(above) + 1 if above else 0
    found = [
        each
        for each in site.sender.run(file_calls.list_files(site.session), patience)
        if not folder or key(each.full_path[:start]) == key(folder)
    ]
    if not found and folder:
        return [Item(destination, wanted, error=NotFound(f"There is no file or folder {wanted!r}."))]
    ordered = sorted(found, key=lambda each: each.full_path)
    return [
        Item(_inside(destination, each.full_path[cut:]), each.full_path, each.size, asked=FileId(each.file_id))
        for each in ordered
    ]


def _inside(destination: Path, relative: str) -> Path:
    """The place of a remote path below a directory; what leads out of it is found by `_unsafe`."""
    return Path(f"{destination}/{relative}")


def _unsafe(item: Item, destination: Path) -> Exception | None:
    """Why a remote name may not be used here."""
    parts = item.path.split("/")
    if any(part in {"", ".", ".."} or "\0" in part for part in parts):
        return Invalid(f"{item.path!r} is no path that can be written below {destination}.")
    root = os.path.realpath(destination)
    parent = os.path.realpath(item.local.parent)
    if item.local != destination and os.path.commonpath([root, parent]) != root:
        return Invalid(f"A symbolic link leads from {item.local.parent} out of {destination}.")
    return None


def _clash(item: Item, taken: dict[str, str]) -> Exception | None:
    """Two names that differ in case alone, or one file twice; on many disks they are one file."""
    text = ""
    for part in item.local.parts:
        text = f"{text}/{part}"
        other = taken.setdefault(key(text), text)
        if other != text:
            return Conflict(f"{text.lstrip('/')} and {other.lstrip('/')} differ in capital letters alone.")
    asked = "" if item.asked is None else item.asked.id
    return (
        None
        if taken.setdefault(f"file {item.local}", asked) == asked
        else Conflict(f"Another file goes to {item.local} already.")
    )
