"""Secrets at rest: AES-GCM under a key that scrypt makes of a passphrase."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_SALT, _NONCE = 16, 12


class WrongPassphrase(Exception):
    """The content was sealed under another passphrase, or is damaged."""


def seal(passphrase: bytes, content: bytes, *, belongs_to: str) -> bytes:
    """Salt, nonce and ciphertext; opens only together with the same `belongs_to`. Slow on purpose."""
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    return salt + nonce + _cipher(passphrase, salt).encrypt(nonce, content, belongs_to.encode())


def unseal(passphrase: bytes, sealed: bytes, *, belongs_to: str) -> bytes:
    """What was sealed. Raises WrongPassphrase."""
    salt, nonce, content = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE], sealed[_SALT + _NONCE :]
    try:
        return _cipher(passphrase, salt).decrypt(nonce, content, belongs_to.encode())
    except InvalidTag:
        raise WrongPassphrase from None


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 14, r=8, p=1).derive(passphrase))


def seal_under(secret: str, content: bytes) -> bytes:
    """Readable with a secret of at least 32 random bytes, and not by who holds its digest; fast."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _derived(secret).encrypt(nonce, content, None)


def unseal_under(secret: str, sealed: bytes) -> bytes:
    """What was sealed. Raises WrongPassphrase."""
    try:
        return _derived(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    except InvalidTag:
        raise WrongPassphrase from None


def _derived(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"coreshed sealed answer").derive(secret.encode()))
