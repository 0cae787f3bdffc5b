"""E-mail addresses: their shape, and how they are compared."""

from coreshed import paths
from coreshed.problems import Invalid


def email_key(email: str) -> str:
    """The form under which addresses are compared; PostgreSQL refuses NUL in text, and no address has one."""
    return paths.key(email).replace("\0", "\N{REPLACEMENT CHARACTER}")


def check_email(email: str) -> None:
    """The shape alone; `admin@localhost` is an address. Raises Invalid."""
    local, _, host = email.rpartition("@")
    if not local or not host or len(email) > 254 or not email.isprintable() or " " in email:
        raise Invalid(f"email: {email[:254]!r} is not an address.")
