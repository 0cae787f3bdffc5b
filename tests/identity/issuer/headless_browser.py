"""What `BROWSER` names in tests: opens the address, signs in as COMMAND LINE says, and goes where that leads.

Arguments: email, password, address.
"""

import sys
from urllib.parse import urljoin

import httpx

from tests.identity.issuer.browser import seen


def main(email: str, password: str, url: str) -> None:
    with httpx.Client(follow_redirects=True, timeout=30) as client:
        shown = client.get(url)
        page = seen(shown.text)
        if page.forms and page.forms[0].action == "/connect/sign-in":
            filled = {**page.forms[0].fields, "email": email, "password": password}
            client.post(urljoin(str(shown.url), page.forms[0].action), data=filled)


main(*sys.argv[1:])
