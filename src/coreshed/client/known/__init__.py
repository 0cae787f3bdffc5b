"""What commands are made of, a module for each resource.

Written by tools/make_docs.py from the registry of operations; do not edit.
"""
