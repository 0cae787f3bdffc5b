"""`coreshed serve` with links that end after two seconds, which the settings themselves refuse."""

import argparse
from dataclasses import replace
from pathlib import Path

from coreshed import cli, logs
from coreshed.app import Application
from coreshed.serving import server
from coreshed.settings import load

SECONDS = 2


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--listen", action="append")
    parser.add_argument("--tls")
    flags = vars(parser.parse_args())
    logs.configure("info")
    settings = load(flags | {"listen": tuple(flags["listen"])})
    # Upkeep is another process, and of no use here.
    brief = replace(settings, link_lifetime=SECONDS, upload_link_lifetime=SECONDS)
    server.serve(brief, Application.open, worker_command=("sleep", "600"))


if __name__ == "__main__":
    cli.run(main)
