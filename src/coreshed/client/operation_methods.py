"""Written by tools/make_docs.py from the registry of operations; do not edit."""
# ruff: noqa

from typing import TYPE_CHECKING

from coreshed.client.session import Session

if TYPE_CHECKING:
    from coreshed.client.async_methods.api_keys import AsyncApiKeys
    from coreshed.client.async_methods.assets import AsyncAssets
    from coreshed.client.async_methods.catalog import AsyncCatalog
    from coreshed.client.async_methods.collections import AsyncCollections
    from coreshed.client.async_methods.items import AsyncItems
    from coreshed.client.async_methods.projects import AsyncProjects
    from coreshed.client.async_methods.provenance import AsyncProvenance
    from coreshed.client.async_methods.share import AsyncShare
    from coreshed.client.async_methods.stac import AsyncStac
    from coreshed.client.async_methods.uploads import AsyncUploads
    from coreshed.client.async_methods.usage import AsyncUsage
    from coreshed.client.methods.api_keys import ApiKeys
    from coreshed.client.methods.assets import Assets
    from coreshed.client.methods.catalog import Catalog
    from coreshed.client.methods.collections import Collections
    from coreshed.client.methods.items import Items
    from coreshed.client.methods.projects import Projects
    from coreshed.client.methods.provenance import Provenance
    from coreshed.client.methods.share import Share
    from coreshed.client.methods.stac import Stac
    from coreshed.client.methods.uploads import Uploads
    from coreshed.client.methods.usage import Usage
    from coreshed.client.senders import AsyncSender, Sender


class KnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "Sender"
    session: Session

    @property
    def api_keys(self) -> "ApiKeys":
        """`api_keys.*`."""
        from coreshed.client.methods.api_keys import ApiKeys

        return ApiKeys(self._sender, self.session)

    @property
    def assets(self) -> "Assets":
        """`assets.*`."""
        from coreshed.client.methods.assets import Assets

        return Assets(self._sender, self.session)

    @property
    def catalog(self) -> "Catalog":
        """`catalog.*`."""
        from coreshed.client.methods.catalog import Catalog

        return Catalog(self._sender, self.session)

    @property
    def collections(self) -> "Collections":
        """`collections.*`."""
        from coreshed.client.methods.collections import Collections

        return Collections(self._sender, self.session)

    @property
    def items(self) -> "Items":
        """`items.*`."""
        from coreshed.client.methods.items import Items

        return Items(self._sender, self.session)

    @property
    def projects(self) -> "Projects":
        """`projects.*`."""
        from coreshed.client.methods.projects import Projects

        return Projects(self._sender, self.session)

    @property
    def provenance(self) -> "Provenance":
        """`provenance.*`."""
        from coreshed.client.methods.provenance import Provenance

        return Provenance(self._sender, self.session)

    @property
    def share(self) -> "Share":
        """`share.*`."""
        from coreshed.client.methods.share import Share

        return Share(self._sender, self.session)

    @property
    def stac(self) -> "Stac":
        """`stac.*`."""
        from coreshed.client.methods.stac import Stac

        return Stac(self._sender, self.session)

    @property
    def uploads(self) -> "Uploads":
        """`uploads.*`."""
        from coreshed.client.methods.uploads import Uploads

        return Uploads(self._sender, self.session)

    @property
    def usage(self) -> "Usage":
        """`usage.*`."""
        from coreshed.client.methods.usage import Usage

        return Usage(self._sender, self.session)


class AsyncKnownOperations:
    """The operations of a client, by resource; what a client has by hand under such a name goes before."""

    _sender: "AsyncSender"
    session: Session

    @property
    def api_keys(self) -> "AsyncApiKeys":
        """`api_keys.*`."""
        from coreshed.client.async_methods.api_keys import AsyncApiKeys

        return AsyncApiKeys(self._sender, self.session)

    @property
    def assets(self) -> "AsyncAssets":
        """`assets.*`."""
        from coreshed.client.async_methods.assets import AsyncAssets

        return AsyncAssets(self._sender, self.session)

    @property
    def catalog(self) -> "AsyncCatalog":
        """`catalog.*`."""
        from coreshed.client.async_methods.catalog import AsyncCatalog

        return AsyncCatalog(self._sender, self.session)

    @property
    def collections(self) -> "AsyncCollections":
        """`collections.*`."""
        from coreshed.client.async_methods.collections import AsyncCollections

        return AsyncCollections(self._sender, self.session)

    @property
    def items(self) -> "AsyncItems":
        """`items.*`."""
        from coreshed.client.async_methods.items import AsyncItems

        return AsyncItems(self._sender, self.session)

    @property
    def projects(self) -> "AsyncProjects":
        """`projects.*`."""
        from coreshed.client.async_methods.projects import AsyncProjects

        return AsyncProjects(self._sender, self.session)

    @property
    def provenance(self) -> "AsyncProvenance":
        """`provenance.*`."""
        from coreshed.client.async_methods.provenance import AsyncProvenance

        return AsyncProvenance(self._sender, self.session)

    @property
    def share(self) -> "AsyncShare":
        """`share.*`."""
        from coreshed.client.async_methods.share import AsyncShare

        return AsyncShare(self._sender, self.session)

    @property
    def stac(self) -> "AsyncStac":
        """`stac.*`."""
        from coreshed.client.async_methods.stac import AsyncStac

        return AsyncStac(self._sender, self.session)

    @property
    def uploads(self) -> "AsyncUploads":
        """`uploads.*`."""
        from coreshed.client.async_methods.uploads import AsyncUploads

        return AsyncUploads(self._sender, self.session)

    @property
    def usage(self) -> "AsyncUsage":
        """`usage.*`."""
        from coreshed.client.async_methods.usage import AsyncUsage

        return AsyncUsage(self._sender, self.session)
