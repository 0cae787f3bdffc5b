"""How long a principal is remembered."""

import pytest

from coreshed.identity import Identity, Principal
from coreshed.identity.cache import PrincipalCache, Verified
from coreshed.problems import MissingCredentials
from tests.conftest import Databases
from tests.identity.conftest import Started


async def test_that_a_revocation_here_takes_effect_at_once(started: Started) -> None:
    key, key_id = started.key()
    assert (await started.identity.principal(f"Bearer {key}", None)).credential_id == key_id
    started.identity.revoke_key(key_id=key_id)
    with pytest.raises(MissingCredentials):
        await started.identity.principal(f"Bearer {key}", None)


async def test_that_disabling_a_user_here_takes_effect_at_once(started: Started) -> None:
    key, _ = started.key()
    await started.identity.principal(None, key)
    started.identity.disable_user(email="ana@example.org")
    with pytest.raises(MissingCredentials):
        await started.identity.principal(None, key)


async def test_that_another_node_forgets_a_revoked_key_after_two_seconds(
    started: Started, databases: Databases
) -> None:
    key, key_id = started.key()
    other_node = Identity(databases.main, started.clock)
    remembered = await other_node.principal(f"Bearer {key}", None)
    started.identity.revoke_key(key_id=key_id)
    started.clock.advance(1.9)
    assert await other_node.principal(f"Bearer {key}", None) is remembered
    started.clock.advance(0.1)
    with pytest.raises(MissingCredentials):
        await other_node.principal(f"Bearer {key}", None)


async def test_that_a_key_ends_with_its_time_though_it_is_remembered(started: Started) -> None:
    key, _ = started.key(expires_ns=started.clock.now_ns() + 1_000_000)
    await started.identity.principal(f"Bearer {key}", None)
    started.clock.advance(0.001)
    with pytest.raises(MissingCredentials):
        await started.identity.principal(f"Bearer {key}", None)


async def test_that_a_good_key_does_not_help_a_bad_authorization_though_it_is_remembered(started: Started) -> None:
    key, _ = started.key()
    await started.identity.principal(None, key)
    with pytest.raises(MissingCredentials):
        await started.identity.principal("Bearer wrong", key)


def _verified(name: str) -> Verified:
    return Verified(Principal(name, "a@b", None, {}, frozenset(), name), None)


def test_that_a_read_that_began_before_a_change_is_not_remembered_after_it() -> None:
    cache = PrincipalCache()
    before = cache.dropped
    cache.drop()
    cache.put(b"1", _verified("stale"), now_ns=0, dropped=before)
    assert cache.get(b"1", 0) is None


def test_that_the_oldest_is_forgotten_when_the_cache_is_full() -> None:
    cache = PrincipalCache(size=2)
    for digest in (b"1", b"2", b"3"):
        cache.put(digest, _verified("u"), now_ns=0, dropped=cache.dropped)
    assert len(cache) == 2
    assert cache.get(b"1", 0) is None
    assert cache.get(b"3", 0) is not None


def test_that_a_clock_set_back_extends_nothing() -> None:
    cache = PrincipalCache()
    cache.put(b"1", _verified("u"), now_ns=1_000, dropped=cache.dropped)
    assert cache.get(b"1", 999) is None
