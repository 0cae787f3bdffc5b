"""Methods of `AsyncClient`, a module for each resource, imported when it is first used.

Written by tools/make_docs.py from the registry of operations; do not edit.
"""
