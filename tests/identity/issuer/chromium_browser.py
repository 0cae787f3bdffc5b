"""What `BROWSER` names in tests: a real Chromium that opens the address, in which somebody signs in.

Arguments: email, password, whether scripts may run (on or off), home directory of the Chromium, the address. Writes
what it saw to `seen.json` of that directory.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.identity.issuer.chromium import open_chromium

PROBE = "data:text/html,<title>off</title><script>document.title = 'on'</script>"


def main(email: str, password: str, scripts: str, home: str, url: str) -> None:
    directory = Path(home)
    with open_chromium(directory, scripts=scripts == "on") as window:
        ran = window.go(PROBE).driver.title
        window.go(url).sign_in(email, password)
        origin = urlsplit(window.at)
        seen = {"scripts": ran, "left for": f"{origin.scheme}://{origin.netloc}", "text": window.text,
                "complaints": window.complaints()}  # fmt: skip
    written = directory / "seen.new"
    written.write_text(json.dumps(seen))
    written.rename(directory / "seen.json")


main(*sys.argv[1:])
