"""A real Chromium without a screen: Debian's, driven by its own driver; nothing is fetched.

Where it is not installed, tests are skipped and say what to install; in .ci/run, which sets CORESHED_CI, they fail.
"""

import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER, CERTUTIL = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver"), Path("/usr/bin/certutil")
_PACKAGES = "chromium chromium-driver libnss3-tools"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en",
)  # fmt: skip
_SECONDS = 30.0
# What Chromium notes of every page that is sent with such a status.
_STATUS = re.compile(r" - Failed to load resource: the server responded with a status of (\d{3}) ")


def need(*programs: Path) -> None:
    """Skip the test where a program is not installed; fail it in CI."""
    missing = [str(program) for program in programs if not program.exists()]
    if not missing:
        return
    reason = f"no {' and no '.join(missing)} to drive the pages with: apt-get install {_PACKAGES}"
    if os.environ.get("CORESHED_CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def trust(home: Path, certificate: Path) -> None:
    """Let a Chromium of this home directory trust a certificate authority."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "coreshed", "-i", str(certificate)]):
        subprocess.run([CERTUTIL, "-d", f"sql:{store}", *words], check=True, capture_output=True, timeout=60)


@contextmanager
def open_chromium(home: Path, *, scripts: bool = True) -> Iterator["Window"]:
    """A new Chromium with a profile and a home directory of its own."""
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*_FLAGS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not scripts:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options, Service(str(DRIVER), env={**os.environ, "HOME": str(home)}))
    try:
        driver.set_page_load_timeout(_SECONDS)
        # The window is the one in front, whatever else the screen that is not there would show.
        driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
        yield Window(driver)
    finally:
        driver.quit()


class Window:
    """One person in front of one Chromium; fields are found by their labels, buttons by what is written on them."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    # What is seen

    @property
    def at(self) -> str:
        return self.driver.current_url

    @property
    def heading(self) -> str:
        return self._one("//h1").text

    @property
    def text(self) -> str:
        return self._one("//body").text

    def field(self, label: str) -> WebElement:
        """The input of a label."""
        name = self._one(f"//label[normalize-space()='{label}']").get_attribute("for")
        return self._one(f"//input[@id='{name}']")

    def hidden(self, name: str) -> str:
        """A field that the page carries and does not show."""
        return str(self._one(f"//input[@type='hidden'][@name='{name}']").get_attribute("value"))

    def said_of(self, label: str) -> tuple[str, bool]:
        """What assistive technology says of a field beside its label, and whether it says that it is invalid."""
        document = self.driver.execute_cdp_cmd("DOM.getDocument", {})["root"]["nodeId"]
        selector = f"#{self.field(label).get_attribute('id')}"
        node = self.driver.execute_cdp_cmd("DOM.querySelector", {"nodeId": document, "selector": selector})
        asked = {**node, "fetchRelatives": False}
        (told,) = self.driver.execute_cdp_cmd("Accessibility.getPartialAXTree", asked)["nodes"]
        more = {each["name"]: each["value"].get("value") for each in told["properties"]}
        return told.get("description", {}).get("value", ""), more.get("invalid") == "true"

    @property
    def focused(self) -> WebElement:
        """What shows that it has the focus, which a page gives away only when it is drawn."""
        return WebDriverWait(self.driver, _SECONDS).until(_with_focus)

    def complaints(self, status: int = 200) -> list[str]:
        """What Chromium has noted since the last call, apart from pages that came with the status."""
        messages = [str(entry["message"]) for entry in self.driver.get_log("browser")]
        statuses = [_STATUS.search(message) for message in messages]
        return [text for text, of in zip(messages, statuses, strict=True) if of is None or of[1] != str(status)]

    # What is done

    def go(self, url: str) -> "Window":
        """Open an address."""
        self.driver.get(url)
        return self

    def forget(self) -> "Window":
        """Become somebody who has never been here."""
        self.driver.switch_to.default_content()
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.complaints()
        return self

    def type(self, *keys: str) -> None:
        """Type where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def press(self, button: str) -> "Window":
        """Press a button and wait for the page that it leads to."""
        return self.leave(self._one(f"//button[normalize-space()='{button}']").click)

    def enter(self, label: str, text: str) -> "Window":
        """Fill in a field, press Enter, and wait for the page that it leads to."""
        return self.leave(lambda: self.field(label).send_keys(text, Keys.ENTER))

    def sign_in(self, email: str, password: str) -> "Window":
        """Fill in the sign-in form."""
        self.field("Email address").clear()
        self.field("Email address").send_keys(email)
        return self.enter("Password", password)

    def leave(self, action: Callable[[], object]) -> "Window":
        """Do something that leads to another page."""
        left = self._one("/html")
        action()
        try:
            # A question about the page in the moment it goes may end in an error of the driver: the next one tells.
            WebDriverWait(self.driver, _SECONDS, ignored_exceptions=[WebDriverException]).until(staleness_of(left))
        except TimeoutException:
            raise AssertionError(f"still at {self.at}: {self.complaints()}") from None
        return self

    def wait_for(self, address: str) -> "Window":
        """Wait until the address begins so."""
        try:
            WebDriverWait(self.driver, _SECONDS).until(lambda driver: driver.current_url.startswith(address))
        except TimeoutException:
            raise AssertionError(f"at {self.at}, not at {address}: {self.complaints()}") from None
        return self

    def _one(self, path: str) -> WebElement:
        return self.driver.find_element(By.XPATH, path)


def _with_focus(driver: webdriver.Chrome) -> WebElement | None:
    return next(iter(driver.find_elements(By.CSS_SELECTOR, ":focus-visible")), None)


@dataclass
class Elsewhere:
    """Another origin: pages by path (scripts where that ends in `.js`), and the addresses it was asked for."""

    origin: str
    pages: dict[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def elsewhere(pages: Mapping[str, str], *, host: str = "localhost", **headers: str) -> Iterator[Elsewhere]:
    """A web server of somebody else, on the loopback; an underscore in a header's name stands for a hyphen."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(self.path)
            page = here.pages.get(self.path.partition("?")[0])
            self.send_response(404 if page is None else 200)
            kind = "javascript" if self.path.endswith(".js") else "html"
            for name, value in {"Content-Type": f"text/{kind}; charset=utf-8", **here.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1" if host == "localhost" else host, 0), Answer) as server:
        here = Elsewhere(f"http://{host}:{server.server_address[1]}", dict(pages), sent)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield here
        finally:
            server.shutdown()
            serving.join()
