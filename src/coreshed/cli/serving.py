"""`coreshed serve`."""

from typing import Annotated

import typer

from coreshed.cli.options import BlobsUrl, DatabaseUrl, DataDir, load


def serve(
    *,
    data_dir: DataDir = None,
    listen: Annotated[
        list[str] | None, typer.Option(help="HOST:PORT to listen on; may be repeated; port 0 takes a free one.")
    ] = None,
    public_url: Annotated[str | None, typer.Option(help="Origin under which clients reach the APIs.")] = None,
    blob_url: Annotated[str | None, typer.Option(help="Origin of byte links: https without a port.")] = None,
    tls: Annotated[
        str | None,
        typer.Option(help="auto: a local CA and a listener on 443; try: the same where possible; off; or CERT,KEY."),
    ] = None,
    database: DatabaseUrl = None,
    blobs: BlobsUrl = None,
    admin_key: Annotated[str | None, typer.Option(help="Fixes the administrator's key at the first start.")] = None,
    only: Annotated[str | None, typer.Option(help="Run one part alone: api, blobs or worker.")] = None,
    demo: Annotated[bool | None, typer.Option("--demo", help="Publish a demonstration workspace.")] = None,
    drain: Annotated[float | None, typer.Option(help="Seconds that running requests may take after SIGTERM.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    """Serve the APIs and the bytes until SIGTERM; prints `ready URL` on stdout once every listener serves.

    Exit codes: 0 after a drain, 2 wrong usage, 3 wrong settings, 4 an address cannot be bound, 5 a newer schema.
    """
    settings = load(
        data_dir=data_dir,
        listen=tuple(listen) if listen else None,
        public_url=public_url,
        blob_url=blob_url,
        tls=tls,
        database=database,
        blobs=blobs,
        admin_key=admin_key,
        only=only,
        demo=demo,
        drain=drain,
        log_level=log_level,
    )
    from coreshed import logs
    from coreshed.app import Application
    from coreshed.serving import server

    logs.configure(settings.log_level)
    if settings.only == "worker":
        server.run_worker(settings, Application.open_existing, until_stdin_closes=until_stdin_closes)
    else:
        server.serve(settings, Application.open_to_serve)
