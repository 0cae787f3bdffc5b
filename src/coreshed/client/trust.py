"""Whose certificates are believed."""

import os
import ssl

from coreshed.client.errors import Invalid


def context(ca_file: str | None = None) -> ssl.SSLContext:
    """The machine's authorities, or those that SSL_CERT_FILE names, and beside them those of `ca_file`.

    Raises Invalid where the file holds no certificates.
    """
    trust = ssl.create_default_context()
    for path in (ca_file, os.environ.get("SSL_CERT_FILE")):
        if path:
            try:
                trust.load_verify_locations(path)
            except OSError as error:  # ssl.SSLError is one
                said = error.strerror or error
                raise Invalid(f"{path} holds no certificates that can be read: {said}.") from error
    return trust
