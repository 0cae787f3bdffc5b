"""Folders of workspaces: a tree of names, of which files and people create the parts that they need."""

from coreshed.folders.service import FolderContents, Folders

__all__ = ["FolderContents", "Folders"]
