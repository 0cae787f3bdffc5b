"""An operation of tests that makes workspaces, for what is said about repeated requests."""

SOURCE = '''"""trials.*: workspaces, on request with trouble."""

import os
import signal
import threading

import msgspec

from coreshed.database import after_commit
from coreshed.operations.bodies import Input, Integer
from coreshed.operations.registry import Call, operation
from coreshed.problems import Conflict
from coreshed.workspaces.wire import CreateWorkspace

entered, gate = threading.Event(), threading.Event()


class Trial(Input):
    """What to make, and what goes wrong."""

    name: str
    number: Integer = 1
    waits: bool = False
    refuses: bool = False
    breaks: bool = False
    killed: bool = False


class Made(msgspec.Struct):
    """The workspace."""

    id: str


@operation(
    "trials.make", scope="trials:write", side_effect="compute", summary="Make one.", extension=True, replayed=True
)
def make(call: Call, body: Trial) -> Made:
    """As a member of the only organisation."""
    organisation_id = min(call.caller.organisation_roles)
    workspaces = call.rooms.workspaces
    made = workspaces.create(caller=call.caller, organisation_id=organisation_id, asked=CreateWorkspace(body.name))
    if body.waits:
        entered.set()
        gate.wait(20)
    if body.refuses:
        raise Conflict("It would not do.")
    if body.breaks:
        raise RuntimeError("a defect")
    if body.killed:
        os.kill(os.getpid(), signal.SIGKILL)
    return Made(made.workspace.id)
'''
