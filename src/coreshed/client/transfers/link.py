"""A signed link that is renewed when it has ended, and requests that go on until they are answered."""

import ssl
import threading
from collections.abc import Callable

from coreshed.client.errors import CoreshedError, Refused, ServerFailed, Unreachable, of_answer
from coreshed.client.transfers.connection import Broken, Connection, Lines, NotOfTheLine, Reply, origin_of
from coreshed.client.transfers.patience import Patience

_EXPIRED = frozenset({401, 403})
_FOREVER = frozenset({501, 505, 507})
_AGAIN = frozenset({408, 429})

Request = Callable[[Connection, str], Reply]


class Link:
    """The current URL of a transfer. renew: asks for another one, and raises CoreshedError."""

    def __init__(self, renew: Callable[[], str], url: str | None = None) -> None:
        self._renew = renew
        self._lock = threading.Lock()
        self._url = url
        self._worked = True  # the link before the first one

    def current(self) -> str:
        """The URL to use. Raises CoreshedError."""
        with self._lock:
            if self._url is None:
                self._url = self._renew()
                self._worked = False
            return self._url

    def works(self, url: str) -> None:
        """A request with this URL was let in."""
        if url == self._url:
            self._worked = True

    def refused(self, url: str, reply: Reply) -> None:
        """Have it replaced, unless another thread has. Raises Refused where a new link was refused at once."""
        with self._lock:
            if url != self._url:
                return
            if not self._worked:
                raise Refused(f"A new link to {origin_of(url)[1]} is refused{_because(reply)}.", status=reply.status)
            self._url = None


class Exchange:
    """One request of a transfer, repeated through cuts, restarts and ends of links until there is an answer."""

    def __init__(self, lines: Lines, link: Link, patience: Patience) -> None:
        self.lines, self.link, self.patience = lines, link, patience
        self._busy: set[Connection] = set()

    def interrupt(self) -> None:
        """End what is under way in other threads."""
        self.patience.stop()
        for connection in list(self._busy):
            connection.interrupt()

    def ask(self, request: Request, *, settled: Callable[[], Reply | None] | None = None) -> Reply:
        """The answer, which is no 401, 403, 408, 429 or passing 5xx.

        settled: asked before a repetition, for the server may have done it without our hearing of it.
        Raises CoreshedError, Stopped.
        """
        attempt = 0
        host = "the server"
        trouble: object = None
        while True:
            self.patience.check()
            if trouble is not None:
                self.patience.wait(attempt, host, trouble)
                attempt += 1
                if settled is not None and (found := settled()) is not None:
                    return found
            try:
                url = self.link.current()
                host = origin_of(url)[1]
                reply = self._once(request, url)
            except ssl.SSLCertVerificationError as error:
                raise Unreachable(f"The certificate of {host} is not trusted: {error.verify_message}.") from error
            except (Unreachable, ServerFailed) as error:  # of the API, while asking for a link
                trouble = error
                continue
            except NotOfTheLine as error:
                raise error.cause from None
            except CoreshedError:  # some kinds are an OSError too
                raise
            except Broken as error:
                trouble = error
                continue
            if reply.status in _EXPIRED and reply.code != "UnauthorizedBlobOverwrite":
                self.link.refused(url, reply)
                trouble = None
            elif passing(reply.status):
                trouble = f"status {reply.status}{_because(reply)}"
            else:
                self.link.works(url)
                return reply

    def _once(self, request: Request, url: str) -> Reply:
        with self.lines.connection(url) as connection:
            self._busy.add(connection)
            try:
                return request(connection, url)
            finally:
                self._busy.discard(connection)


def passing(status: int) -> bool:
    """True where the same request may be answered otherwise a little later."""
    return status in _AGAIN or (status >= 500 and status not in _FOREVER)


def failure(reply: Reply, url: str, method: str) -> CoreshedError:
    """The error that an answer to a link is; the link's signature does not appear in it."""
    error = of_answer(reply.status, reply.headers, b"", asked=f"{method} to {origin_of(url)[1]}")
    return type(error)(f"{error}{_because(reply)}", status=reply.status, title=reply.code or None)


def _because(reply: Reply) -> str:
    return f" ({reply.code})" if reply.code else ""
