"""Applications, signing keys, passwords, sessions and what is issued in them.

Whatever a client or a browser presents (codes, refresh tokens, cookies) is kept as its SHA-256 alone: 32 random bytes
leave nothing to guess. Passwords are kept as argon2id. They are rows because every node must know them.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from coreshed.database import main
from coreshed.database.metadata import Key

# `private_key` is PKCS #8 in DER, sealed by the passphrase where `encrypted`.
token_keys = Table(
    "token_keys",
    main,
    Column("id", Text, primary_key=True),
    Column("private_key", LargeBinary, nullable=False),
    Column("encrypted", Boolean, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("retired_ns", BigInteger),
)

# Lists (`redirect_uris`, `grant_types`, `scopes`) are separated by spaces, which none of their members has.
oauth_clients = Table(
    "oauth_clients",
    main,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("realm", Text, nullable=False),
    Column("secret_digest", Text),  # null: a public client
    Column("redirect_uris", Text, nullable=False),
    Column("grant_types", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("first_party", Boolean, nullable=False),  # its users are not asked for consent
    Column("user_id", Text, ForeignKey("users.id")),  # whom the client acts as in its own name
    Column("created_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)

user_passwords = Table(
    "user_passwords",
    main,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("digest", Text, nullable=False),
    Column("changed_ns", BigInteger, nullable=False),
)

browser_sessions = Table(
    "browser_sessions",
    main,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("ended_ns", BigInteger),
    Index("ix_browser_sessions_user_id", "user_id"),
    Index("ix_browser_sessions_expires_ns", "expires_ns"),
)

consents = Table(
    "consents",
    main,
    Column("user_id", Text, ForeignKey("users.id"), primary_key=True),
    Column("client_id", Key, ForeignKey("oauth_clients.id"), primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("granted_ns", BigInteger, nullable=False),
)

# One sign-in of one user to one client: everything that is issued in it ends together.
token_families = Table(
    "token_families",
    main,
    Column("id", Text, primary_key=True),
    Column("client_id", Key, ForeignKey("oauth_clients.id"), nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("session_id", Text),  # the browser session that it ends with; null: it outlives it
    Column("scopes", Text, nullable=False),
    Column("signed_in_ns", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),  # the end of the last token issued in it
    Column("revoked_ns", BigInteger),
    Index("ix_token_families_user_id", "user_id"),
    Index("ix_token_families_expires_ns", "expires_ns"),
)

authorization_codes = Table(
    "authorization_codes",
    main,
    Column("digest", Text, primary_key=True),
    Column("client_id", Key, ForeignKey("oauth_clients.id"), nullable=False),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("session_id", Text),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text, nullable=False),
    Column("nonce", Text),
    Column("signed_in_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("family_id", Text),  # set by its use
    Index("ix_authorization_codes_expires_ns", "expires_ns"),
)

# `answer` is what the use of the token answered, readable with the token alone: a repeat answers the same.
refresh_tokens = Table(
    "refresh_tokens",
    main,
    Column("digest", Text, primary_key=True),
    Column("family_id", Text, ForeignKey("token_families.id"), nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger),
    Column("answer", LargeBinary),
    Index("ix_refresh_tokens_family_id", "family_id"),
    Index("ix_refresh_tokens_expires_ns", "expires_ns"),
)

device_codes = Table(
    "device_codes",
    main,
    Column("digest", Text, primary_key=True),
    Column("user_code_digest", Text, nullable=False, unique=True),
    Column("client_id", Key, ForeignKey("oauth_clients.id"), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", Text),
    Column("expires_ns", BigInteger, nullable=False),
    Column("interval", Integer, nullable=False),  # seconds
    Column("polled_ns", BigInteger, nullable=False),
    Column("user_id", Text, ForeignKey("users.id")),  # who approved it
    Column("denied", Boolean, nullable=False),
    Column("used", Boolean, nullable=False),
    Index("ix_device_codes_expires_ns", "expires_ns"),
)

# Attempts are counted by the one number of a leaky bucket: when it will be empty again.
throttles = Table(
    "throttles",
    main,
    Column("key", Key, primary_key=True),
    Column("empty_ns", BigInteger, nullable=False),
    Index("ix_throttles_empty_ns", "empty_ns"),
)

# Who the users of trusted issuers are here.
external_identities = Table(
    "external_identities",
    main,
    Column("issuer", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Index("ix_external_identities_user_id", "user_id"),
)
