"""E-mail addresses: their shape, and how they are compared."""

from coreshed import paths
from coreshed.problems import Invalid

# Nobody has an address there: users who are known otherwise get theirs under it.
OF_CLIENTS = "@clients.localhost"
OF_ISSUERS = "@issuers.localhost"


def email_key(email: str) -> str:
    """The form under which addresses are compared; PostgreSQL refuses NUL in text, and no address has one."""
    return paths.key(email).replace("\0", "\N{REPLACEMENT CHARACTER}")


def check_email(email: str) -> None:
    """The shape alone; `admin@localhost` is an address. Raises Invalid."""
    local, _, host = email.rpartition("@")
    if not local or not host or len(email) > 254 or not email.isprintable() or " " in email:
        raise Invalid(f"email: {email[:254]!r} is not an address.")


def is_reserved(email: str) -> bool:
    """True for the addresses of applications, and of users of trusted issuers who have proved none of their own."""
    return email_key(email).endswith((OF_CLIENTS, OF_ISSUERS))


def check_persons_email(email: str) -> None:
    """The shape, and that a person can have it. Raises Invalid."""
    check_email(email)
    if is_reserved(email):
        raise Invalid(f"email: {email[:254]!r} is reserved for users without an address of their own.")
