"""The operations of the uploads API: one registry, from which every address, document, command and method is made."""

from coreshed.operations.plane import OperationsPlane
from coreshed.operations.registry import Rooms

__all__ = ["OperationsPlane", "Rooms"]
