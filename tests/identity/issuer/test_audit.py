"""What sign-in leaves in the audit trail, and what it does not."""

import sqlalchemy as sa

from coreshed.audit import audit_events
from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House, Proof
from tests.identity.issuer.test_authorization_code import code_for, exchange


async def test_that_every_change_of_sign_in_is_audited_without_a_secret(house: House) -> None:
    with house.application.databases.main.reading() as rows:
        before = rows.execute(sa.select(sa.func.max(audit_events.c.no))).scalar_one()
    house.person()
    house.issuer.signing_in.set_password(email="ana@example.org", password=PASSWORD)
    house.issuer.clients.create(
        client_id="web", name="Web", organisation_id="", redirect_uris=["http://localhost:3000/signin-callback"]
    )
    browser, proof = Browser(house.client, ORIGIN), Proof()
    await browser.go("/connect/sign-in")
    await browser.sign_in("ana@example.org", PASSWORD)
    await browser.go(
        f"/connect/authorize?client_id=web&response_type=code&redirect_uri=http://localhost:3000/signin-callback"
        f"&code_challenge={proof.challenge}&code_challenge_method=S256&scope=evo.discovery"
    )
    await browser.submit("agree")
    code = await code_for(browser, proof)
    given = (await house.token(**exchange(code, proof))).json()
    await house.token("/connect/revocation", token=given["access_token"], client_id="evo")
    await browser.go("/connect/endsession")
    await browser.submit()
    house.issuer.clients.revoke(client_id="web")
    house.issuer.clients.revoke(client_id="web")
    house.issuer.signing_in.sign_out_everywhere(email="ana@example.org")
    with house.application.databases.main.reading() as rows:
        found = rows.execute(
            sa.select(audit_events.c.action, audit_events.c.detail)
            .where(audit_events.c.no > before)
            .order_by(audit_events.c.no)
        ).all()
    assert [row.action for row in found] == [
        "user.create", "user.password", "client.create", "session.begin", "consent.give", "token.issue",
        "token.revoke", "session.end", "client.revoke", "user.sign-out",
    ]  # fmt: skip
    text = str(found)
    for secret in (PASSWORD, code, given["access_token"], proof.challenge):
        assert secret not in text
