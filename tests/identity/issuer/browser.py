"""A browser for pages without JavaScript: follows links and redirects, fills in forms, keeps cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form as it stands on a page."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Seen(HTMLParser):
    """What a page consists of, as far as a person without a mouse would need it."""

    forms: list[Form] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    inputs: list[dict[str, str | None]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    lang: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if tag == "html":
            self.lang = found.get("lang")
        elif tag == "form":
            self.forms.append(Form(str(found["method"]), str(found["action"])))
        elif tag == "label":
            self.labels.add(str(found["for"]))
        elif tag == "input":
            self.inputs.append(found)
            if self.forms:
                self.forms[-1].fields[str(found["name"])] = found.get("value") or ""
        elif tag == "button" and self.forms and found.get("name"):
            self.forms[-1].buttons.append((str(found["name"]), str(found["value"])))


def seen(text: str) -> Seen:
    """The page."""
    page = Seen()
    page.feed(text)
    return page


class Browser:
    """One person's browser; `home` are the origins it really talks to, other redirects are only noted."""

    def __init__(self, client: httpx.AsyncClient, home: str) -> None:
        self._client = client
        self._home = home
        self.at = home
        self.last: httpx.Response | None = None
        self.left_for: str | None = None

    @property
    def page(self) -> Seen:
        assert self.last is not None
        return seen(self.last.text)

    async def go(self, url: str) -> httpx.Response:
        """Open an address."""
        return await self._follow("GET", urljoin(self._home, url))

    async def submit(self, button: str = "", **filled: str) -> httpx.Response:
        """Fill in the only form of the page and press its button, or the one with this value."""
        (form,) = self.page.forms
        fields = {**form.fields, **filled}
        fields |= {name: value for name, value in form.buttons if value == button}
        url = urljoin(self.at, form.action)
        if form.method == "get":
            return await self._follow("GET", str(httpx.URL(url, params=fields)))
        return await self._follow("POST", url, data=fields)

    async def sign_in(self, email: str, password: str) -> httpx.Response:
        """Fill in the sign-in form."""
        return await self.submit(email=email, password=password)

    async def _follow(self, method: str, url: str, **more: Any) -> httpx.Response:
        self.left_for = None
        for _ in range(10):
            headers = {"Sec-Fetch-Site": "same-origin" if method == "POST" else "none"}
            self.at, self.last = url, await self._client.request(method, url, headers=headers, **more)
            if not self.last.is_redirect:
                return self.last
            method, more, url = "GET", {}, urljoin(url, self.last.headers["location"])
            if not url.startswith(self._home):
                self.left_for = url
                return self.last
        raise AssertionError("redirected for ever")
