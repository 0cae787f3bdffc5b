"""Uploads of block models in the formats that people send, read as the engine's `Source`."""

from coreshed.blockmodels.inputs.delimited import CsvOptions
from coreshed.blockmodels.inputs.opening import FileFormat, open_input

__all__ = ["CsvOptions", "FileFormat", "open_input"]
