"""What was issued in a browser session, after its end."""

from pathlib import Path

import httpx
import sqlalchemy as sa

from coreshed.identity.issuer.tables import browser_sessions
from coreshed.testing import ManualClock
from tests.conftest import DatabaseUrls
from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House, Proof, open_node
from tests.identity.issuer.test_authorization_code import code_for, exchange


async def test_that_a_token_of_an_ended_session_stays_ended_after_the_sweep(
    database_urls: DatabaseUrls, tmp_path: Path, clock: ManualClock
) -> None:
    day = 86400
    opened = open_node(database_urls, tmp_path, clock, access_token_lifetime=30 * day, token_key_lifetime=365 * day)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(opened.asgi), base_url=ORIGIN) as client:
        house = House(opened, clock, client)
        house.person()
        house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
        browser, tokens = Browser(client, ORIGIN), []
        for ends in (True, False):
            proof = Proof()
            tokens.append((await house.token(**exchange(await code_for(browser, proof), proof))).json()["access_token"])
            if ends:
                assert (await house.ask(tokens[0])).status_code == 200
                await browser.go("/connect/endsession")
                await browser.submit()
        for days in (0, 1, 1, 8):  # the other session ends by itself, and then both rows are swept away
            clock.advance(days * day)
            opened.issuer.upkeep()
            assert (await house.ask(tokens[0])).status_code == 401, days
            assert (await house.ask(tokens[1])).status_code == (401 if days else 200), days
        with opened.databases.main.reading() as rows:
            assert rows.execute(sa.select(sa.func.count()).select_from(browser_sessions)).scalar() == 0
    opened.close()
