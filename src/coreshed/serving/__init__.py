"""Serving: sockets, certificates, the event loop, the worker process, and what operators read about them.

`serving.instance` needs no server package, so that the command line of a client can import it.
"""
