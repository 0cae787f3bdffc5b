"""Names and paths of folders: what may be written, and the form under which they are compared.

Case is kept and does not count. Beside control characters everything may be in a name, because files bring the folders
of their paths with them.
"""

import re

from coreshed import paths
from coreshed.problems import Invalid

MAX_NAME = 100
MAX_SEGMENT = 256  # of a path that a file brings
MAX_PATH = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check_name(name: str, longest: int = MAX_NAME) -> str:
    """The name as it is stored. Raises Invalid naming the rule."""
    if not 1 <= len(name) <= longest:
        raise Invalid(f"name: a folder's name has 1 to {longest} characters.")
    if "/" in name or _CONTROL.search(name):
        raise Invalid("name: a folder's name has neither slashes nor control characters.")
    if name != name.strip():
        raise Invalid("name: a folder's name neither starts nor ends with a space.")
    if not name.strip("."):
        raise Invalid("name: a folder's name does not consist of dots alone.")
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise Invalid("name: an unpaired surrogate is no character.") from error
    return name


def segments(path: str) -> list[str]:
    """The names on a path, from the root down; empty for the root. Slashes may be doubled and stand at either end.

    Raises Invalid.
    """
    found = [check_name(name, MAX_SEGMENT) for name in path.split("/") if name]
    check_path("/".join(found))
    return found


def check_path(path: str) -> str:
    """A path of checked names that is not too long. Raises Invalid."""
    if len(path) > MAX_PATH:
        raise Invalid(f"path: a folder's path has at most {MAX_PATH} characters.")
    if len(paths.key(path).encode()) > paths.MAX_KEY_BYTES:
        raise Invalid(f"path: a folder's path takes at most {paths.MAX_KEY_BYTES} bytes in UTF-8.")
    return path


def join(parent_path: str, name: str) -> str:
    """`A/B` of `A` and `B`, `B` in the root. Raises Invalid where it is too long."""
    return check_path(f"{parent_path}/{name}" if parent_path else name)


def shown(path: str) -> str:
    """As answers print a path: `/A/B`, and `/` for the root."""
    return f"/{path}"


def numbered(name: str, number: int) -> str:
    """`drill holes (2)`, cut to the longest name."""
    suffix = f" ({number})"
    return name[: MAX_NAME - len(suffix)].rstrip() + suffix
