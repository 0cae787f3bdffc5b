"""Files: versioned bytes at paths, uploaded and downloaded through signed links."""

from coreshed.files.purpose import FileContent
from coreshed.files.service import Files

__all__ = ["FileContent", "Files"]
