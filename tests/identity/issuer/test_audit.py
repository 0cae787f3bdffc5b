"""What sign-in leaves in the audit trail, and what it does not."""

import json
from typing import Any

import sqlalchemy as sa

from coreshed.audit import audit_events
from tests.identity.issuer.browser import Browser
from tests.identity.issuer.conftest import ORIGIN, PASSWORD, House, Proof, parts
from tests.identity.issuer.test_authorization_code import code_for, exchange


def _events(house: House, *actions: str) -> list[Any]:
    with house.application.databases.main.reading() as rows:
        wanted = sa.select(audit_events).where(audit_events.c.action.in_(actions)).order_by(audit_events.c.no)
        return list(rows.execute(wanted).all())


async def test_that_a_token_for_an_application_itself_is_audited(house: House) -> None:
    token = await house.service_token()
    (event,) = _events(house, "token.issue")
    _, claims = parts(token)
    assert (event.actor_id, event.target_id) == (claims["sub"], claims["sid"])
    assert json.loads(event.detail)["client"] == "svc"
    assert token not in str(event)


def test_that_an_invitation_that_a_membership_takes_the_place_of_is_audited(house: House) -> None:
    identity, here = house.application.identity, house.application.instance.organisation_id
    admin = identity.user_by_email(email="admin@localhost")
    other = identity.create_organisation(display_name="Other").id
    with house.application.databases.main.writing() as rows:
        identity.memberships.add(rows, here, email="Ana@example.org", role="admin", actor_id=admin.id)
    house.clock.advance(15 * 86400)  # the user is made too late to accept it
    identity.create_user(email="ana@example.org", name=None, organisation_id=other)
    with house.application.databases.main.writing() as rows:
        identity.memberships.add(rows, here, email="ana@example.org", role="member", actor_id=admin.id)
    made, gone = _events(house, "invitation.create", "invitation.delete", "invitation.accept")
    assert (made.action, gone.action, gone.target_id) == ("invitation.create", "invitation.delete", made.target_id)
    assert (gone.actor_id, json.loads(gone.detail)["email"]) == (admin.id, "Ana@example.org")


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
