"""Users, organisations and their keys, and who a credential belongs to.

Identities are changed by the operator, on the server's own command line; each change is audited under `actor_id`.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from coreshed import audit, ids
from coreshed.clock import Clock
from coreshed.database import Database, Rows
from coreshed.identity import grants, keys, ledger
from coreshed.identity.addresses import check_persons_email as _check_email
from coreshed.identity.addresses import email_key as _email_key
from coreshed.identity.cache import CardCache, PrincipalCache, Verified
from coreshed.identity.ledger import Account, ApiKey, Organisation
from coreshed.identity.memberships import Memberships
from coreshed.identity.own_keys import OwnKeys
from coreshed.identity.principal import Principal
from coreshed.identity.verifiers import ApiKeyVerifier, Preparing, Verifier, credential_of
from coreshed.problems import AlreadyExists, BadRequest, Conflict, Invalid, MissingCredentials, NotFound
from coreshed.wire_common import User

OPERATOR = "operator"  # the actor of changes made on the command line
ADMIN_EMAIL = "admin@localhost"
ORGANISATION_ROLES = ("admin", "member")


@dataclass(frozen=True, slots=True)
class Bootstrapped:
    """What the first start created. `admin_key` is shown once and kept nowhere."""

    organisation_id: str
    admin_id: str
    admin_key: str = field(repr=False)


class Identity:
    """The identities of one installation."""

    def __init__(self, database: Database, clock: Clock, verifiers: Sequence[Verifier] = (ApiKeyVerifier(),)) -> None:
        self._database = database
        self._clock = clock
        self._verifiers = tuple(verifiers)
        self._cache = PrincipalCache()
        self._cards = CardCache()
        self.memberships = Memberships(clock)
        self.own_keys = OwnKeys(self, database, clock)

    # Credentials

    def authenticate(self, *, authorization: str | None, api_key: str | None) -> Principal:
        """Whose credential the two headers carry, read from the database. Raises MissingCredentials.

        Absent, malformed, unknown, expired and revoked credentials and those of disabled users answer alike.
        """
        return self._verify(credential_of(authorization, api_key), self._clock.now_ns()).principal

    async def principal(self, authorization: str | None, api_key: str | None) -> Principal:
        """`authenticate` without blocking, remembered for at most two seconds. Raises MissingCredentials.

        What this process changes or revokes takes effect at once here, and within those seconds on other nodes.
        """
        credential = credential_of(authorization, api_key)
        digest = hashlib.sha256(credential.encode("utf-8", "surrogatepass")).digest()
        now_ns = self._clock.now_ns()
        known = self._cache.get(digest, now_ns)
        if known is not None:
            return known
        dropped = self._cache.dropped
        verifier = self._recognising(credential)
        if isinstance(verifier, Preparing):
            await verifier.prepare(credential, now_ns)
        verified = await self._database.run(self._verify, credential, now_ns)
        self._cache.put(digest, verified, now_ns=now_ns, dropped=dropped)
        return verified.principal

    def _verify(self, credential: str, now_ns: int) -> Verified:
        verifier = self._recognising(credential)
        if verifier is None:
            raise MissingCredentials
        with self._database.reading() as rows:
            verified = verifier.verify(rows, credential, now_ns)
        if verified is None:
            raise MissingCredentials
        return verified

    def _recognising(self, credential: str) -> Verifier | None:
        return next((each for each in self._verifiers if each.recognises(credential)), None)

    def forget(self) -> None:
        """Read every credential anew: something that decides over one has changed."""
        self._cache.drop()

    # The first start

    def bootstrap(self, rows: Rows, *, admin_key: str = "", organisation_name: str = "Coreshed") -> Bootstrapped | None:
        """The organisation and its administrator, created once however many nodes start together; None ever after.

        rows: a change, which the caller may use for more of the first start. admin_key: the administrator's key,
        empty for a random one; not looked at once an organisation exists.
        """
        ledger.lock_bootstrap(rows)
        if ledger.all_organisations(rows):
            return None
        now_ns = self._clock.now_ns()
        organisation = Organisation(ids.new_id(), organisation_name, now_ns)
        ledger.insert_organisation(rows, organisation)
        admin = Account(ids.new_id(), ADMIN_EMAIL, "Administrator", now_ns, None)
        ledger.insert_account(rows, admin, _email_key(admin.email))
        ledger.insert_member(rows, organisation_id=organisation.id, user_id=admin.id, role="admin")
        new = keys.NewKey(keys.id_of(admin_key), admin_key) if admin_key else keys.generate()
        ledger.insert_key(
            rows, ApiKey(new.id, admin.id, "administrator", "*", now_ns, None, None), keys.digest(new.text)
        )
        audit.record(
            rows,
            at_ns=now_ns,
            actor_id=OPERATOR,
            action="organisation.create",
            organisation_id=organisation.id,
            target_id=organisation.id,
            administrator=admin.id,
            key_id=new.id,
        )
        return Bootstrapped(organisation.id, admin.id, new.text)

    # Organisations

    def create_organisation(self, *, display_name: str, actor_id: str = OPERATOR) -> Organisation:
        """A further organisation, without members. Raises Invalid."""
        _check_text(display_name, "display_name", 255)
        created = Organisation(ids.new_id(), display_name, self._clock.now_ns())
        with self._database.writing() as rows:
            ledger.insert_organisation(rows, created)
            audit.record(
                rows,
                at_ns=created.created_ns,
                actor_id=actor_id,
                action="organisation.create",
                organisation_id=created.id,
                target_id=created.id,
                display_name=display_name,
            )
        return created

    def list_organisations(self, rows: Rows) -> list[Organisation]:
        """Every organisation, the oldest first."""
        return ledger.all_organisations(rows)

    def organisations_of(self, rows: Rows, caller: Principal) -> list[Organisation]:
        """The organisations that the caller is a member of, the oldest first."""
        return [each for each in ledger.all_organisations(rows) if each.id in caller.organisation_roles]

    def hold_organisation(self, rows: Rows, organisation_id: str) -> None:
        """Make other holders wait until this change ends, for rules that no constraint can state."""
        ledger.hold_organisation(rows, organisation_id)

    # Users

    def create_user(
        self, *, email: str, name: str | None, organisation_id: str, role: str = "member", actor_id: str = OPERATOR
    ) -> Account:
        """A user and their membership; role: admin or member. Raises Invalid, NotFound, AlreadyExists."""
        _check_email(email)
        if name is not None:
            _check_text(name, "name", 255)
        if role not in ORGANISATION_ROLES:
            raise Invalid(f"role: {role[:40]!r} is none of {', '.join(ORGANISATION_ROLES)}.")
        created = Account(ids.new_id(), email, name, self._clock.now_ns(), None)
        with self._database.writing() as rows:
            if all(each.id != organisation_id for each in ledger.all_organisations(rows)):
                raise NotFound("The organisation was not found.")
            if not ledger.insert_account(rows, created, _email_key(email)):
                raise AlreadyExists(f"A user with the address {email!r} exists already.")
            ledger.insert_member(rows, organisation_id=organisation_id, user_id=created.id, role=role)
            audit.record(
                rows,
                at_ns=created.created_ns,
                actor_id=actor_id,
                action="user.create",
                organisation_id=organisation_id,
                target_id=created.id,
                email=email,
                role=role,
            )
            self.memberships.accept_invitations(rows, created)
        return created

    def user_by_email(self, *, email: str) -> Account:
        """The user of an address, in any case. Raises NotFound."""
        with self._database.reading() as rows:
            return self._user_by_email(rows, email)

    def _user_by_email(self, rows: Rows, email: str) -> Account:
        found = ledger.account_by_email(rows, _email_key(email))
        if found is None:
            raise NotFound(f"No user has the address {email[:254]!r}.")
        return found

    def list_users(self, *, organisation_id: str) -> list[tuple[Account, str]]:
        """The organisation's users, disabled ones too, with their organisation role, ordered by address."""
        with self._database.reading() as rows:
            return ledger.members(rows, organisation_id)

    def disable_user(self, *, email: str, actor_id: str = OPERATOR) -> Account:
        """Refuse the user's credentials from now on; a second time changes nothing.

        Raises NotFound, and BadRequest for the last administrator of an organisation.
        """
        return self._set_disabled(email, actor_id, disabled=True)

    def enable_user(self, *, email: str, actor_id: str = OPERATOR) -> Account:
        """Accept the user's credentials again, as far as they have not ended or been revoked. Raises NotFound."""
        return self._set_disabled(email, actor_id, disabled=False)

    def _set_disabled(self, email: str, actor_id: str, *, disabled: bool) -> Account:
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            user = self._user_by_email(rows, email)
            if disabled is not (user.disabled_ns is not None):
                if disabled:
                    for organisation_id in sorted(ledger.organisation_roles(rows, user.id)):
                        ledger.hold_organisation(rows, organisation_id)  # no other administrator leaves meanwhile
                    _require_other_administrator(rows, user)
                ledger.set_disabled(rows, user.id, now_ns if disabled else None)
                action = "user.disable" if disabled else "user.enable"
                audit.record(rows, at_ns=now_ns, actor_id=actor_id, action=action, target_id=user.id)
            user = self._user_by_email(rows, email)
        self._cache.drop()
        return user

    def member(
        self, rows: Rows, *, organisation_id: str, user_id: str | None = None, email: str | None = None
    ) -> Account | None:
        """The user of an id or an address, where they are an enabled member of the organisation."""
        if user_id is not None:
            found = ledger.account(rows, user_id)
        else:
            found = ledger.account_by_email(rows, _email_key(email or ""))
        if found is None or found.disabled_ns is not None:
            return None
        return found if organisation_id in ledger.organisation_roles(rows, found.id) else None

    def enabled_among(self, rows: Rows, user_ids: Collection[str]) -> set[str]:
        """Those of these users who are not disabled."""
        return {each.id for each in ledger.accounts(rows, user_ids) if each.disabled_ns is None}

    def user_cards(self, rows: Rows, user_ids: Collection[str]) -> dict[str, User]:
        """How answers name these users; an id that is unknown here gets a card without name and address."""

        def read(missing: Collection[str]) -> dict[str, User]:
            known = {each.id: User(each.id, each.name, each.email) for each in ledger.accounts(rows, missing)}
            return {user_id: known.get(user_id) or User(user_id) for user_id in missing}

        return self._cards.get(user_ids, self._clock.now_ns(), read)

    def acting_as(self, *, email: str) -> Principal:
        """The user with every grant: what the operator may do in their name. Raises NotFound."""
        with self._database.reading() as rows:
            user = self._user_by_email(rows, email)
            roles = ledger.organisation_roles(rows, user.id)
        return Principal(user.id, user.email, user.name, roles, frozenset({"*"}), OPERATOR)

    # Keys

    def create_key(
        self,
        *,
        user_id: str,
        name: str,
        scopes: Iterable[str] = ("*",),
        expires_ns: int | None = None,
        actor_id: str = OPERATOR,
        organisation_id: str | None = None,
        may_open_nothing: bool = False,
        rate_limit: int | None = None,
        most_active: int | None = None,
    ) -> tuple[str, ApiKey]:
        """A new key, which is returned here and never again, and what is kept of it. Raises Invalid, NotFound.

        most_active: how many keys the user may have, those aside that have ended; raises Conflict beyond it.

        organisation_id: whose administrators read of it. may_open_nothing: a key without scopes is wanted.
        rate_limit: calls of operations in a minute, None for no limit of its own.
        """
        now_ns = self._clock.now_ns()
        granted = _granted(scopes, may_open_nothing)
        _check_text(name, "name", 255)
        if expires_ns is not None and expires_ns <= now_ns:
            raise Invalid("expires: the time has already passed.")
        with self._database.writing() as rows:
            user = ledger.account(rows, user_id)
            if user is None or user.disabled_ns is not None:
                raise NotFound("The user was not found or is disabled.")
            self._require_room(rows, user_id, most_active)
            while True:  # ids have 32 bits, so that one may be taken
                new = keys.generate()
                key = ApiKey(new.id, user_id, name, granted, now_ns, expires_ns, None, rate_limit)
                if ledger.insert_key(rows, key, keys.digest(new.text)):
                    break
            audit.record(
                rows, at_ns=now_ns, actor_id=actor_id, action="key.create", organisation_id=organisation_id,
                target_id=key.id, user=user_id, scopes=granted,
            )  # fmt: skip
        return new.text, key

    def _require_room(self, rows: Rows, user_id: str, most: int | None) -> None:
        if most is None:
            return
        ledger.hold_user(rows, user_id)
        if ledger.active_keys(rows, user_id, self._clock.now_ns()) >= most:
            raise Conflict(f"You have {most} keys, which is as many as there may be. Revoke one that nobody uses.")

    def key_of(self, rows: Rows, caller: Principal) -> ApiKey | None:
        """The key that the caller came with; None where their credential is not a key."""
        return ledger.key(rows, caller.credential_id)

    def list_keys(self, *, user_id: str | None = None) -> list[ApiKey]:
        """Keys of one user, or of all, ended ones too, the newest first."""
        with self._database.reading() as rows:
            return ledger.keys(rows, user_id)

    def revoke_key(self, *, key_id: str, actor_id: str = OPERATOR, organisation_id: str | None = None) -> ApiKey:
        """End a key at once; a second time changes nothing. Raises NotFound."""
        now_ns = self._clock.now_ns()
        with self._database.writing() as rows:
            key = ledger.key(rows, key_id)
            if key is None:
                raise NotFound("The key was not found.")
            if key.revoked_ns is None:
                ledger.revoke_key(rows, key_id, now_ns)
                audit.record(
                    rows, at_ns=now_ns, actor_id=actor_id, action="key.revoke", organisation_id=organisation_id,
                    target_id=key_id,
                )  # fmt: skip
            key = ledger.key(rows, key_id) or key
        self._cache.drop()
        return key


def _granted(scopes: Iterable[str], may_open_nothing: bool) -> str:
    granted = " ".join(dict.fromkeys(scopes))
    grants.check_scopes(granted.split())
    if not granted and not may_open_nothing:
        raise Invalid("scopes: a key needs at least one scope.")
    return granted


def _check_text(value: str, name: str, longest: int) -> None:
    """Raises Invalid unless the text has 1 to `longest` characters and no control characters."""
    if not 1 <= len(value) <= longest or not value.strip() or not value.isprintable():
        raise Invalid(f"{name}: expected 1 to {longest} printable characters.")


def _require_other_administrator(rows: Rows, user: Account) -> None:
    """Raises BadRequest where nobody would be left who may administer an organisation of this user's."""
    for organisation_id, role in ledger.organisation_roles(rows, user.id).items():
        others = (member for member, theirs in ledger.members(rows, organisation_id) if theirs == role == "admin")
        if role == "admin" and not any(each.id != user.id and each.disabled_ns is None for each in others):
            raise BadRequest(f"{user.email} is the last administrator; make another one first.")
