"""What the catalogue calls things: STAC ids, asset keys, media types, and what a file is by its name.

File names are a stranger's: keys and ids made of them have letters, digits, `.`, `_` and `-` alone.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from coreshed.catalogue.model import ItemType
from coreshed.geofiles import MEDIA_TYPES, RASTERS, VECTORS
from coreshed.problems import Conflict

MAX_KEY = 100
MAX_NAME = 500
_DIGITS = 8  # of a number at the end of a key
_MAX_WORKSPACE_NAME = 60
_DEFAULT_KEY = "data"
_OCTETS = "application/octet-stream"
# What lies beside a raster or a shapefile and says nothing alone.
_SIDE_CARS = {
    **dict.fromkeys(
        (".tfw", ".tifw", ".tiffw", ".wld", ".jgw", ".j2w", ".prj", ".aux.xml", ".aux", ".rpb"), "metadata"
    ),
    **dict.fromkeys((".dbf", ".shx", ".cpg", ".qix", ".sbn", ".sbx", ".qml", ".xml"), "metadata"),
    **dict.fromkeys((".ovr",), "overview"),
}
_MEDIA_TYPES = {
    **MEDIA_TYPES,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of a file before its asset is named. asset_key: what was asked for, None where nothing was."""

    file_name: str
    asset_key: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """What a file becomes in its item."""

    key: str
    roles: tuple[str, ...]


def base(file_name: str) -> str:
    """`a.tif` of `tiles/a.tif`."""
    return file_name.rpartition("/")[2]


def extension(file_name: str) -> str:
    """`.tif` of `tiles/A.TIF`; `.aux.xml` counts as one; empty where there is none."""
    name = base(file_name).lower()
    if name.endswith(".aux.xml"):
        return ".aux.xml"
    stem, dot, end = name.rpartition(".")
    return f".{end}" if dot and stem else ""


def stem(file_name: str) -> str:
    """`a` of `tiles/a.tif`."""
    name = base(file_name)
    end = extension(name)
    return name[: len(name) - len(end)] if end else name


def is_side_car(file_name: str) -> bool:
    """True for a file that belongs to another one."""
    return extension(file_name) in _SIDE_CARS


def leading(file_names: Sequence[str]) -> int:
    """Which of at least one file the item is about: the first raster, else the first vector, else the first that is no
    side-car, else the first.
    """
    for kinds in (RASTERS, VECTORS):
        for number, name in enumerate(file_names):
            if extension(name) in kinds:
                return number
    return next((number for number, name in enumerate(file_names) if not is_side_car(name)), 0)


def item_type(file_names: Sequence[str]) -> ItemType:
    """What an item of these files is."""
    kind = extension(file_names[leading(file_names)])
    if kind in RASTERS:
        return ItemType.USER_RASTER
    return ItemType.USER_VECTOR if kind in VECTORS else ItemType.EXTERNAL_REFERENCE


def item_name(file_names: Sequence[str]) -> str:
    """The name of an item of these files, 1 to 500 characters: the stem of the one that it is about."""
    return visible(stem(file_names[leading(file_names)]))[:MAX_NAME] or "item"


def media_type(file_name: str, content_type: str) -> str:
    """What the client said that it is, or what its name says where the client said nothing."""
    said = content_type.strip()
    return _MEDIA_TYPES.get(extension(file_name), _OCTETS) if said.lower() in {"", _OCTETS} else said


def visible(text: str) -> str:
    """The text in NFC without control characters and marks that change the direction of what follows."""
    kept = (each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each)[0] != "C")
    return "".join(kept).strip()


def segment(file_name: str, otherwise: str) -> str:
    """The name as a part of an address and of a header: never empty, `.` or `..`, and without `/`."""
    for name in (base(file_name), otherwise.replace("/", "-")):
        shown = visible(name)
        if shown not in {"", ".", ".."}:
            return shown
    return "file"


def stac_id(name: str, item_id: str) -> str:
    """A slug of the name and the beginning of the id: `north-pit-0f8fad5bd9cb`."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:60].strip("-")
    return f"{slug or 'item'}-{item_id.replace('-', '')[:12]}"


def workspace_name(project_name: str) -> str:
    """A project's name as workspaces can have it: visible, 1 to 60 characters."""
    return visible(project_name)[:_MAX_WORKSPACE_NAME].strip() or "Project"


def place(files: Sequence[Named], first_key: str | None, taken: Collection[str]) -> list[Placed]:
    """Key and roles of each file in an item whose assets have the keys `taken`; every key is unique.

    The file that the item is about gets `first_key`, or `data`; side-cars their whole name, the others their stem. Keys
    that nobody asked for are numbered where they are taken. Raises Conflict for a key that was asked for and is taken.
    """
    lead = leading([each.file_name for each in files])
    asked = [
        _asked(each.asset_key) or (_asked(first_key) if number == lead else "") for number, each in enumerate(files)
    ]
    used = set(taken)
    for key in filter(None, asked):
        if key in used:
            raise Conflict(f"The item has an asset of the key {key!r} already. Choose another asset_key.")
        used.add(key)
    # The leading file comes first: the plain names are its.
    order = sorted(range(len(files)), key=lambda number: (number != lead, number))
    numbers: dict[str, int] = {}
    keys = dict.fromkeys(range(len(files)), "")
    for number in order:
        keys[number] = asked[number] or _free(_implied(files[number].file_name, leads=number == lead), used, numbers)
        used.add(keys[number])
    return [Placed(keys[number], _said(each.roles) or _roles(each.file_name)) for number, each in enumerate(files)]


def _asked(key: str | None) -> str:
    return visible(key or "")[:MAX_KEY]


def _implied(file_name: str, *, leads: bool) -> str:
    if leads:
        return _DEFAULT_KEY
    text = base(file_name) if is_side_car(file_name) else stem(file_name)
    return re.sub(r"[^\w.\-]+", "-", visible(text)).strip("-.")[:MAX_KEY] or "file"


def _free(key: str, used: Collection[str], numbers: dict[str, int]) -> str:
    """The key, or where it is taken its beginning and a number. numbers: the last one that was tried for a beginning,
    so that thousands of files of one name are numbered in one go.
    """
    candidate, beginning = key, key[: MAX_KEY - _DIGITS - 1]
    while candidate in used:
        numbers[beginning] = numbers.get(beginning, 1) + 1
        candidate = f"{beginning}-{numbers[beginning]}"
    return candidate


def _said(roles: Sequence[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(visible, roles)))


def _roles(file_name: str) -> tuple[str, ...]:
    return (_SIDE_CARS.get(extension(file_name), "data"),)
