"""Makes a server or its worker die at a named step. Python runs this before any program that has it on its path.

DEATH_STEPS holds lines of ROLE MODULE:NAME MOMENT, where the role is `server` or `worker` and the moment `before` or
`after` the function. Nothing happens there until the file DEATH_NOTE is written: a line of these, COUNT and VICTIMS.
The COUNT-th time that a process comes to the step it removes the note and kills itself; where VICTIMS is `both`, also
its parent or its children.
"""

import functools
import importlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROLE = "worker" if "--until-stdin-closes" in sys.orig_argv else "server"
NOTE = Path(os.environ.get("DEATH_NOTE", os.devnull))
_passed: Counter[str] = Counter()


def others() -> list[int]:
    """The worker's server, or the server's children."""
    if ROLE == "worker":
        return [os.getppid()]
    tasks = Path("/proc/self/task").iterdir()
    return [int(word) for task in tasks for word in (task / "children").read_text().split()]


def come_to(step: str) -> None:
    """Die here if the note says so."""
    if not NOTE.exists():
        return
    try:
        note = NOTE.read_text(encoding="utf-8")
        named, count, victims = note.rsplit(maxsplit=2)
        if named != step:
            return
        _passed[note] += 1
        if _passed[note] != int(count):
            return
        NOTE.unlink()
    except FileNotFoundError:  # somebody else has died of it
        return
    if victims == "both":
        for process in others():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def watch(line: str) -> None:
    """Come to the step whenever the function is called."""
    _, target, moment = line.split()
    module, _, name = target.partition(":")
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    found = owner.__dict__[last]
    function: Callable[..., Any] = found.__func__ if isinstance(found, staticmethod) else found

    @functools.wraps(function)
    def watched(*positional: Any, **named: Any) -> Any:
        if moment == "before":
            come_to(line)
        result = function(*positional, **named)
        if moment == "after":
            come_to(line)
        return result

    setattr(owner, last, staticmethod(watched) if isinstance(found, staticmethod) else watched)


if "coreshed.cli" in sys.orig_argv:
    for each in os.environ.get("DEATH_STEPS", "").splitlines():
        if each.startswith(ROLE):
            watch(each)
