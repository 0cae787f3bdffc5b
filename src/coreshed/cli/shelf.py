"""`coreshed ls`, `rm`, `restore` and `versions`: the files of a workspace."""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coreshed.cli.options import AsJson, show
from coreshed.cli.remote import (
    ById,
    ProfileName,
    WorkspaceName,
    amount,
    connect,
    encoded,
    exit_code,
    moment,
    shown,
    text_of,
)

if TYPE_CHECKING:
    from coreshed.client import Client
    from coreshed.client.model import File, User

Paths = Annotated[
    list[str], typer.Argument(help="Paths of files, or with --id their ids.", metavar="PATH...", show_default=False)
]


def ls(
    path: Annotated[str, typer.Argument(help="A folder or a file; default: the whole workspace's top.")] = "",
    *,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted files, with their ids.")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="Uploads that wait for the rest of their blocks.")] = False,
    long: Annotated[bool, typer.Option("-l", help="With size, time and author.")] = False,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """List a folder: its folders with a slash, then its files. With --deleted and --pending, everything below it.

    Exit codes: 0 listed, 1 refused or nothing there, 6 the server cannot be reached, 7 not signed in.
    """
    with connect(profile, workspace) as client:
        if pending:
            _list_pending(client, path, as_json)
            return
        files = client.files.list(deleted=deleted)
    inside = _below(files, path)
    if path.strip("/") and not inside:
        from coreshed.client import NotFound

        raise NotFound(f"There is no file or folder {path!r}.")
    if as_json:
        typer.echo(encoded([_described(each) for each in inside]))
    elif deleted:
        rows = [(each.file_id, moment(each.deleted_at), amount(each.size), shown(each.full_path)) for each in inside]
        show(("id", "deleted", "size", "path"), rows, as_json=False)
    else:
        _print_folder(inside, path, long)


def _below(files: "Iterable[File]", path: str) -> "list[File]":
    """The file of that path, or those in the folder and its folders, by path."""
    wanted = path.strip("/").casefold()
    found = [
        each
        for each in files
        if not wanted or each.full_path.casefold() == wanted or each.full_path.casefold().startswith(f"{wanted}/")
    ]
    return sorted(found, key=lambda each: each.full_path)


def _described(file: "File") -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(file), "path": file.full_path}


def _print_folder(files: "Sequence[File]", path: str, long: bool) -> None:
    depth = len([part for part in path.split("/") if part])
    folders: dict[str, tuple[int, int]] = {}
    here: list[tuple[str, ...]] = []
    for each in files:
        parts = each.full_path.split("/")
        if len(parts) > depth + 1:
            count, size = folders.get(parts[depth], (0, 0))
            folders[parts[depth]] = (count + 1, size + each.size)
            continue
        by = _name_of(each.modified_by) or "-"
        here.append((amount(each.size), moment(each.modified_at), shown(by), shown(each.name)))
    for name, (count, size) in sorted(folders.items()):
        typer.echo(f"{amount(size):>9}  {f'{count} files':20}  {shown(name)}/" if long else f"{shown(name)}/")
    for size_text, at, who, name in here:
        typer.echo(f"{size_text:>9}  {at}  {name}  ({who})" if long else name)


def _name_of(user: "User | None") -> str | None:
    return None if user is None else user.name or user.email or user.id


def _list_pending(client: "Client", path: str, as_json: bool) -> None:
    wanted = path.strip("/").casefold()
    found = [
        each
        for each in client.files.uploads()
        if not wanted or f"{each.full_path.casefold()}/".startswith(f"{wanted}/")
    ]
    if as_json:
        typer.echo(encoded([{**_plain(each), "path": each.full_path} for each in found]))
        return
    rows = [(moment(each.begun_at), str(each.blocks), amount(each.bytes), shown(each.full_path)) for each in found]
    show(("begun", "blocks", "staged", "path"), rows, as_json=False)


def _plain(record: Any) -> dict[str, Any]:
    import msgspec

    members: dict[str, Any] = msgspec.to_builtins(record)
    return members


def _named(text: str, by_id: bool) -> dict[str, str]:
    return {"file_id" if by_id else "path": text}


def rm(
    paths: Paths,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    by_id: ById = False,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Delete files with all their versions; `coreshed restore` brings them back.

    Exit codes: 0 deleted, 1 refused, not there or not confirmed, 2 nobody to ask, 6 the
    server cannot be reached, 7 not signed in.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter("without a terminal to ask on, deleting needs --yes")
        typer.confirm(f"Delete {', '.join(map(shown, paths))}?", abort=True)

    def delete(client: "Client", path: str) -> dict[str, Any]:
        client.files.delete(**_named(path, by_id))
        return {"path": path, "status": "deleted"}

    _each(delete, paths, connect(profile, workspace), as_json=as_json)


def restore(
    paths: Paths,
    *,
    by_id: ById = False,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Bring deleted files back, by the path they had (the one deleted last), or with --id by what `ls --deleted` shows.

    Where another file has the path by now, the restored one gets a number.

    Exit codes: 0 restored, 1 refused or not there, 6 the server cannot be reached, 7 not signed in.
    """

    def bring_back(client: "Client", path: str) -> dict[str, Any]:
        return {"path": client.files.restore(**_named(path, by_id)).full_path, "status": "restored"}

    _each(bring_back, paths, connect(profile, workspace), as_json=as_json)


def _each(
    work: "Callable[[Client, str], dict[str, Any]]", paths: Sequence[str], client: "Client", *, as_json: bool
) -> None:
    """Do it for every path, say what became of each, and end with the exit code of the last failure."""
    from coreshed.client import CoreshedError, NotSignedIn, Unreachable

    code = 0
    with client:
        for path in paths:
            try:
                done = work(client, path)
            except (NotSignedIn, Unreachable):
                raise
            except CoreshedError as error:
                code = exit_code(error)
                if as_json:
                    typer.echo(encoded({"path": text_of(path), "status": "failed", "error": text_of(str(error))}))
                else:
                    typer.echo(f"coreshed: {shown(path)}: {shown(str(error))}", err=True)
                continue
            typer.echo(encoded(done) if as_json else f"{done['status']} {shown(done['path'])}")
    raise typer.Exit(code)


def versions(
    path: Annotated[str, typer.Argument(help="Path of a file, or with --id its id.")],
    *,
    by_id: ById = False,
    profile: ProfileName = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    """Every version of a file, the newest first.

    Exit codes: 0 listed, 1 refused or not there, 6 the server cannot be reached, 7 not signed in.
    """
    with connect(profile, workspace) as client:
        found = client.files.versions(**_named(path, by_id))
    if as_json:
        typer.echo(encoded([{**_plain(each), "path": each.full_path} for each in found]))
        return
    rows = [
        (
            each.version_id,
            moment(each.created_at),
            amount(each.size),
            _name_of(each.created_by),
        )
        for each in found
    ]
    show(("version", "created", "size", "by"), rows, as_json=False)
