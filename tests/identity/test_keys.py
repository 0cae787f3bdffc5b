"""The life of a key."""

import re

import pytest
import sqlalchemy as sa

from coreshed.audit import audit_events
from coreshed.identity import Identity
from coreshed.identity.tables import api_keys
from coreshed.problems import AlreadyExists, Invalid, MissingCredentials, NotFound
from tests.conftest import Databases
from tests.identity.conftest import ADMIN_KEY, Started


def _accepts(identity: Identity, key: str) -> bool:
    try:
        identity.authenticate(authorization=f"Bearer {key}", api_key=None)
    except MissingCredentials:
        return False
    return True


def test_that_a_key_has_the_published_form_and_carries_its_id(started: Started) -> None:
    key, key_id = started.key()
    found = re.fullmatch(r"gpra_([0-9a-f]{8})_[A-Za-z0-9_-]{43}", key)
    assert found is not None
    assert found[1] == key_id


def test_that_a_key_is_nowhere_in_the_database(started: Started, databases: Databases) -> None:
    key, _ = started.key()
    secret = key.rpartition("gpra_")[2][9:]
    with databases.main.reading() as rows:
        kept = [str(row) for table in (api_keys, audit_events) for row in rows.execute(sa.select(table))]
    assert kept
    assert not any(secret in row for row in kept)


def test_that_a_key_gives_its_scopes_and_no_more(started: Started) -> None:
    key, key_id = started.key(scopes=["evo.object", "discovery:read"])
    caller = started.identity.authenticate(authorization=f"bEaReR  {key}", api_key=None)
    assert caller.credential_id == key_id
    assert caller.grants == {"objects:*", "colormaps:*", "discovery:read"}
    assert not caller.permits("workspaces:read")


def test_that_a_key_ends_with_its_time(started: Started) -> None:
    key, _ = started.key(expires_ns=started.clock.now_ns() + 1_000)
    assert _accepts(started.identity, key)
    started.clock.advance(ns=999)
    assert _accepts(started.identity, key)
    started.clock.advance(ns=1)
    assert not _accepts(started.identity, key)


def test_that_a_revoked_key_ends_and_others_of_the_user_do_not(started: Started) -> None:
    key, key_id = started.key()
    user_id = started.identity.user_by_email(email="ana@example.org").id
    other, _ = started.identity.create_key(user_id=user_id, name="other")
    revoked = started.identity.revoke_key(key_id=key_id)
    assert revoked.revoked_ns == started.clock.now_ns()
    started.clock.advance(60)
    assert started.identity.revoke_key(key_id=key_id) == revoked
    assert not _accepts(started.identity, key)
    assert _accepts(started.identity, other)


def test_that_the_keys_of_a_disabled_user_end(started: Started) -> None:
    key, _ = started.key("Ana@Example.org")
    disabled = started.identity.disable_user(email="aNA@example.ORG")
    assert not _accepts(started.identity, key)
    with pytest.raises(NotFound):
        started.identity.create_key(user_id=disabled.id, name="again")


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (None, None),
        (None, ""),
        (None, " "),
        ("", None),
        (" ", " "),
        ("Bearer", "{good}"),
        ("ApiKey", "{good}"),
        ("nonsense", "{good}"),
        ("Bearer ", "{good}"),
        ("Bearer nonsense", "{good}"),
        ("Basic {good}", None),
        ("Basic {good}", "{good}"),
        ("Key {good}", None),
        ("Bearer {good}x", None),
        ("{good}x", None),
        ("Bearer {swapped}", None),
        ("Bearer {good} {good}", None),
        ("Bearer gpra_00000000_" + "A" * 43, None),
        ("Bearer ÿ\x00\x80", None),
    ],
)
def test_that_unusable_credentials_are_refused_in_one_sentence(
    started: Started, authorization: str | None, api_key: str | None
) -> None:
    good, _ = started.key()
    forms = {"good": good, "swapped": good[:-1] + ("A" if good[-1] != "A" else "B")}
    with pytest.raises(MissingCredentials) as refused:
        started.identity.authenticate(
            authorization=None if authorization is None else authorization.format(**forms),
            api_key=None if api_key is None else api_key.format(**forms),
        )
    assert refused.value.detail == MissingCredentials.sentence


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        ("Bearer {good}", None),
        ("bearer   {good} ", "nonsense"),
        ("ApiKey {good}", None),
        ("apikey {good}", "nonsense"),
        ("{good}", None),
        (" {good} ", "nonsense"),
        (None, "{good}"),
        (None, " {good} "),
        ("", "{good}"),
        ("  ", "{good}"),
    ],
)
def test_that_a_key_is_accepted_in_every_form_that_clients_send(
    started: Started, authorization: str | None, api_key: str | None
) -> None:
    good, key_id = started.key()
    caller = started.identity.authenticate(
        authorization=None if authorization is None else authorization.format(good=good),
        api_key=None if api_key is None else api_key.format(good=good),
    )
    assert caller.credential_id == key_id


def test_that_authorization_comes_before_the_api_key_header(started: Started) -> None:
    key, _ = started.key()
    caller = started.identity.authenticate(authorization=f"Bearer {ADMIN_KEY}", api_key=key)
    assert caller.user_id == started.first.admin_id
    assert started.identity.authenticate(authorization=None, api_key=key).email == "ana@example.org"


@pytest.mark.parametrize(
    "wrong", [{"scopes": ["rocks:read"]}, {"scopes": []}, {"expires_ns": 1}, {"name": ""}, {"name": "a\nb"}]
)
def test_that_a_key_that_could_not_work_is_not_made(started: Started, wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        started.identity.create_key(**{"user_id": started.first.admin_id, "name": "k", **wrong})
    assert len(started.identity.list_keys()) == 1


def test_that_unknown_keys_and_users_are_not_found(started: Started) -> None:
    for call in (
        lambda: started.identity.revoke_key(key_id="00000000"),
        lambda: started.identity.create_key(user_id="nobody", name="k"),
        lambda: started.identity.disable_user(email="nobody@example.org"),
        lambda: started.identity.user_by_email(email="no\0body"),
    ):
        with pytest.raises(NotFound):
            call()


def test_that_an_address_is_taken_in_any_case(started: Started) -> None:
    create = started.identity.create_user
    ana = create(email="Ana@Example.org", name=None, organisation_id=started.first.organisation_id)
    with pytest.raises(AlreadyExists):
        create(email="aNA@example.ORG", name=None, organisation_id=started.first.organisation_id)
    assert started.identity.user_by_email(email="ANA@EXAMPLE.ORG") == ana
    listed = started.identity.list_users(organisation_id=started.first.organisation_id)
    assert [(user.email, role) for user, role in listed] == [
        ("admin@localhost", "admin"),
        ("Ana@Example.org", "member"),
    ]


@pytest.mark.parametrize("email", ["", "ana", "@host", "ana@", "a na@host", "ana\0@host", "a" * 250 + "@host"])
def test_that_what_is_no_address_is_refused(started: Started, email: str) -> None:
    with pytest.raises(Invalid):
        started.identity.create_user(email=email, name=None, organisation_id=started.first.organisation_id)


def test_that_a_user_needs_an_organisation_and_a_known_role(started: Started) -> None:
    with pytest.raises(NotFound):
        started.identity.create_user(email="a@b", name=None, organisation_id="unknown")
    with pytest.raises(Invalid):
        started.identity.create_user(
            email="a@b", name=None, organisation_id=started.first.organisation_id, role="emperor"
        )


def test_that_cards_name_the_known_and_keep_the_unknown(started: Started, databases: Databases) -> None:
    with databases.main.reading() as rows:
        cards = started.identity.user_cards(rows, [started.first.admin_id, "unknown"])
    admin, unknown = cards[started.first.admin_id], cards["unknown"]
    assert (admin.name, admin.email) == ("Administrator", "admin@localhost")
    assert (unknown.id, unknown.name, unknown.email) == ("unknown", None, None)


def test_that_every_change_of_identities_is_audited(started: Started, databases: Databases) -> None:
    _, key_id = started.key()
    started.identity.revoke_key(key_id=key_id)
    started.identity.disable_user(email="ana@example.org")
    started.identity.create_organisation(display_name="Another")
    with databases.main.reading() as rows:
        actions = list(rows.execute(sa.select(audit_events.c.action).order_by(audit_events.c.no)).scalars())
    assert actions == [
        "organisation.create", "user.create", "key.create", "key.revoke", "user.disable", "organisation.create",
    ]  # fmt: skip
