"""Names of uploaded files: folders and a name, as the client's own disk has them."""

import re

from coreshed.problems import Invalid
from coreshed.upload_rules import MAX_FILE_NAME_BYTES, file_name_fault

MAX_BYTES = MAX_FILE_NAME_BYTES
_CONTENT_TYPE = re.compile(r"[\x20-\x7e]{1,255}")


def check_file_name(name: str) -> str:
    """The name as it is. Raises Invalid with `loc`.

    1 to 1,024 bytes of UTF-8; folders are separated by `/`, and none of them is empty, `.` or `..`; no control
    characters, no marks of direction, no backslash.
    """
    fault = file_name_fault(name)
    if fault:
        raise Invalid(f"file_name: {fault}", loc=["body", "file_name"])
    return name


def check_content_type(content_type: str) -> str:
    """What the link is made for; empty: bytes of no stated kind. Raises Invalid with `loc`."""
    if not content_type:
        return "application/octet-stream"
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise Invalid("content_type: it has 1 to 255 characters of ASCII.", loc=["body", "content_type"])
    return content_type
