"""Collects and keeps up in a loop, as an operator's timers and a second worker would, until it is killed.

Arguments: data directory, database URL (empty for SQLite).
"""

import sys
from pathlib import Path

from coreshed import logs
from coreshed.app import Application
from coreshed.blobs import collection
from coreshed.origins import Origins
from coreshed.settings import Settings


def main() -> None:
    """Print one line when it begins; every round is real."""
    logs.configure("error")
    settings = Settings(data_dir=Path(sys.argv[1]), database=sys.argv[2])
    application = Application.open(settings, Origins("http://collector", "http://collector"))
    print("collecting", flush=True)
    while True:
        collection.collect(application.blobs, dry_run=False)
        application.upkeep_round()


if __name__ == "__main__":
    main()
