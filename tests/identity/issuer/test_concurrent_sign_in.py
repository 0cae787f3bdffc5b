"""Many people behind one address at the same moment."""

import asyncio

import pytest

from coreshed.identity.issuer.refusals import TooManyAttempts
from tests.identity.issuer.conftest import PASSWORD, House

OFFICE = "198.51.100.7"
EMAIL = "ana@example.org"


@pytest.fixture
def person(house: House) -> str:
    """Somebody with a password."""
    house.person(EMAIL)
    house.issuer.signing_in.set_password(email=EMAIL, password=PASSWORD)
    return EMAIL


async def attempt(house: House, email: str, password: str) -> str:
    """How one sign-in from the office ends."""
    try:
        signed_in = await house.issuer.signing_in.sign_in(email=email, password=password, address=OFFICE)
    except TooManyAttempts:
        return "refused"
    return "wrong" if signed_in is None else "in"


async def test_that_right_passwords_from_one_address_at_once_are_all_right(house: House, person: str) -> None:
    ended = await asyncio.gather(*(attempt(house, person, PASSWORD) for _ in range(30)))
    assert ended == ["in"] * 30


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.org"])
async def test_that_of_wrong_passwords_at_once_no_more_are_looked_at_than_are_allowed(
    house: House, person: str, email: str
) -> None:
    ended = await asyncio.gather(*(attempt(house, email, f"guess {number}") for number in range(100)))
    assert (ended.count("wrong"), ended.count("refused")) == (10, 90)
    assert await attempt(house, person, PASSWORD) == "refused"


async def test_that_right_passwords_among_wrong_ones_use_nothing_up(house: House, person: str) -> None:
    passwords = [PASSWORD if number % 2 else "wrong password" for number in range(18)]
    ended = await asyncio.gather(*(attempt(house, person, password) for password in passwords))
    assert (ended.count("wrong"), ended.count("in")) == (9, 9)
    assert await attempt(house, person, "wrong password") == "wrong"
    assert await attempt(house, person, "wrong password") == "refused"


async def test_that_who_waits_and_leaves_holds_nobody_up(house: House, person: str) -> None:
    waiting = [asyncio.create_task(attempt(house, person, PASSWORD)) for _ in range(25)]
    await asyncio.sleep(0.05)
    for each in waiting[12:20]:
        each.cancel()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [each for each in ended if isinstance(each, str)] == ["in"] * 17
