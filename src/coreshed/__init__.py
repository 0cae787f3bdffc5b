"""Coreshed: the self-hosted home for subsurface data."""

# As typing has it, which need not be imported for it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from coreshed.client import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """The clients are imported when they are asked for: the server needs none."""
    if name in {"AsyncClient", "Client"}:
        from coreshed import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
