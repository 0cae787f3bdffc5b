"""Bytes over signed links: blocks up, ranges down, on several connections, through cuts and restarts.

The standard library's connections are used here: a socket under TLS lets other threads run while it encrypts.
"""
