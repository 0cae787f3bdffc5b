"""The issuer as one thing: what the composition root makes and the routes and commands use."""

from coreshed.clock import NANOSECONDS, Clock
from coreshed.database import Database, Rows
from coreshed.identity.issuer import ledger
from coreshed.identity.issuer.clients import Clients
from coreshed.identity.issuer.devices import Devices
from coreshed.identity.issuer.minting import Mint
from coreshed.identity.issuer.realms import Realms
from coreshed.identity.issuer.signing import TokenKeys
from coreshed.identity.issuer.tokens import Tokens
from coreshed.identity.issuer.verifier import TokenVerifier
from coreshed.identity.service import Identity
from coreshed.settings import Settings

# What has ended is kept for a day, for whoever asks what happened.
_KEPT_NS = 86400 * NANOSECONDS


class Issuer:
    """Applications, tokens and sign-in over one identity room."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        identity: Identity,
        keys: TokenKeys,
        realms: Realms,
        verifier: TokenVerifier,
    ) -> None:
        self.settings = settings
        self.realms = realms
        self.keys = keys
        self.identity = identity
        self._database = database
        self._clock = clock
        self.clients = Clients(database, clock, identity)
        self.devices = Devices(database=database, clock=clock, clients=self.clients, public_url=realms.evo.url)
        self.tokens = Tokens(
            database=database,
            clock=clock,
            identity=identity,
            clients=self.clients,
            mint=Mint(keys),
            verifier=verifier,
            devices=self.devices,
        )

    def bootstrap(self, rows: Rows) -> None:
        """What must be there from the first start on."""
        self.clients.bootstrap(rows)

    def upkeep(self) -> None:
        """Rotate the keys where it is time, and forget what ended long ago; blocks."""
        self.keys.rotate(older_than_ns=self.settings.token_key_lifetime * NANOSECONDS)
        with self._database.writing() as rows:
            ledger.sweep(rows, self._clock.now_ns() - _KEPT_NS)
