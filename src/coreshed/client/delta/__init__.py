"""Versions of block models as tables of Delta Lake, for whatever reads those. Needs pyarrow, and no server.

Of the block engine this uses how Parquet chunks are described and encoded, a library without a server.
"""
