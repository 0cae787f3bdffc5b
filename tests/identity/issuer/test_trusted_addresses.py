"""Which address a user of a trusted issuer has here, and what a claimed one is worth."""

import json
from typing import Any

import httpx
import pytest
from joserfc import jws

from coreshed.clock import NANOSECONDS
from coreshed.identity import Account
from coreshed.problems import Invalid
from coreshed.testing import ManualClock
from tests.identity.issuer.conftest import ORIGIN, House
from tests.identity.issuer.test_trusted_issuers import RSA, Elsewhere, elsewhere, house, make

__all__ = ["elsewhere", "house", "make"]

BO = "bo@example.org"


def now_of(house: House) -> int:
    return house.clock.now_ns() // NANOSECONDS


def users(house: House) -> dict[str, tuple[Account, str]]:
    """User and role by address."""
    listed = house.application.identity.list_users(organisation_id=house.application.instance.organisation_id)
    return {user.email: (user, role) for user, role in listed}


def invite(house: House, email: str, role: str) -> tuple[Any, Any]:
    """What adding an address to the organisation gives: a member or an invitation."""
    identity = house.application.identity
    admin = identity.user_by_email(email="admin@localhost")
    with house.application.databases.main.writing() as rows:
        here = house.application.instance.organisation_id
        return identity.memberships.add(rows, here, email=email, role=role, actor_id=admin.id)


async def who(house: House, token: str) -> dict[str, Any]:
    got = await house.ask(token, "/connect/userinfo")
    assert got.status_code == 200, got.text
    found: dict[str, Any] = got.json()
    return found


async def test_that_an_address_that_is_only_claimed_is_nobodys(house: House, elsewhere: Elsewhere) -> None:
    now = now_of(house)
    attacker = await who(house, elsewhere.token(now=now, sub="attacker", email_verified=False))
    assert BO not in users(house)
    assert attacker["email"].endswith("@issuers.localhost")
    assert (attacker["email_verified"], attacker["name"]) == (False, "Bo")
    member, invitation = invite(house, BO, "admin")
    assert (member, invitation.email) == (None, BO)
    real = await who(house, elsewhere.token(now=now, sub="real"))
    assert (real["sub"] != attacker["sub"], real["email"], real["email_verified"]) == (True, BO, True)
    assert users(house)[BO][1] == "admin"
    assert users(house)[attacker["email"]][1] == "member"


async def test_that_an_address_that_is_proved_later_becomes_the_users(house: House, elsewhere: Elsewhere) -> None:
    now = now_of(house)
    first = await who(house, elsewhere.token(now=now, email_verified=False))
    invite(house, BO, "admin")
    later = await who(house, elsewhere.token(now=now, email_verified=True))
    assert (later["sub"], later["email"], later["email_verified"]) == (first["sub"], BO, True)
    assert set(users(house)) >= {BO}
    assert users(house)[BO][1] == "admin"
    moved = await who(house, elsewhere.token(now=now, mail="other@example.org"))
    assert moved["email"] == BO


async def test_that_a_proved_address_of_somebody_else_stays_theirs(house: House, elsewhere: Elsewhere) -> None:
    now = now_of(house)
    first = await who(house, elsewhere.token(now=now, email_verified=False))
    owner = house.person(BO)
    later = await who(house, elsewhere.token(now=now, email_verified=True))
    assert (later["sub"], later["email"]) == (first["sub"], first["email"])
    assert users(house)[BO][0].id == owner.id


async def test_that_with_link_a_claimed_address_is_the_users(
    make: Any, elsewhere: Elsewhere, clock: ManualClock
) -> None:
    opened = make("create=true link=true")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(opened.asgi), base_url=ORIGIN) as client:
        house = House(opened, clock, client)
        assert (await who(house, elsewhere.token(now=now_of(house), email_verified=None)))["email"] == BO
    opened.close()


@pytest.mark.parametrize(
    "claimed",
    ["operator", "a b c", "a b@example.org", "@example.org", "svc@clients.localhost", "X@Issuers.LOCALHOST", None],
)
async def test_that_what_no_person_can_have_is_no_address(
    house: House, elsewhere: Elsewhere, claimed: str | None
) -> None:
    service = house.service()
    got = await who(house, elsewhere.token(now=now_of(house), mail=claimed))
    assert got["email"].endswith("@issuers.localhost")
    assert got["email_verified"] is False
    form = {"grant_type": "client_credentials", "client_id": "svc", "client_secret": service}
    token = (await house.token(**form)).json()["access_token"]
    said = await who(house, token)
    assert (said["email"], said["email_verified"]) == ("svc@clients.localhost", False)


def test_that_nobody_is_given_a_reserved_address(house: House) -> None:
    for email in ("x@clients.localhost", "x@ISSUERS.localhost"):
        with pytest.raises(Invalid, match="reserved"):
            house.person(email)
        with pytest.raises(Invalid, match="reserved"):
            invite(house, email, "admin")
    house.service()
    member, _ = invite(house, "svc@clients.localhost", "admin")
    assert member.role == "admin"


async def test_that_times_that_are_none_are_refused(house: House, elsewhere: Elsewhere) -> None:
    now = now_of(house)
    for key in ("exp", "nbf", "iat"):
        for wrong in (1e300, 1e308, -1e308, -1, float("nan"), float("inf"), 10**400, "9999999999", [], {}):
            token = elsewhere.token(RSA, now=now, **{key: wrong})
            for _ in range(2):  # what was verified once is remembered
                assert (await house.ask(token)).status_code == 401, (key, wrong)


async def test_that_claims_that_cannot_be_read_are_refused(house: House, elsewhere: Elsewhere) -> None:
    now = now_of(house)
    said = {"iss": elsewhere.url, "sub": "s-1", "aud": "coreshed", "iat": now, "exp": now + 600}
    deep = json.dumps(said)[:-1] + ', "x": ' + "[" * 3000 + "]" * 3000 + "}"
    for content in (json.dumps({**said, "sub": "\ud800"}), json.dumps({**said, "x": "\ud800"}), deep):
        token = jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, content.encode(), RSA)
        assert (await house.ask(token)).status_code == 401, content[-100:]
