"""Many writers at once: one wins, the others are told why, and versions only rise."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from coreshed.app import Application
from coreshed.ids import WorkspaceKey
from coreshed.objects.service import Upload
from coreshed.objects.wire import PostedObject
from coreshed.problems import AlreadyExists, NotFound, Problem, StaleVersion
from tests.objects.ground import administrator, listed, new_workspace
from tests.objects.sample import variogram

WRITERS = 8


def together(call: Callable[[int], object]) -> list[object]:
    """What each of eight threads that start together returns or raises."""
    barrier = Barrier(WRITERS)

    def one(number: int) -> object:
        barrier.wait(30)
        try:
            return call(number)
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(one, range(WRITERS)))


def post(
    application: Application, workspace: WorkspaceKey, path: str, uuid: str | None = None, if_match: str | None = None
) -> PostedObject:
    upload = Upload(json.dumps(variogram(uuid=uuid)).encode(), None, if_match)
    publishing, caller = application.objects.publishing, administrator(application)
    return publishing.post_at_path(caller=caller, workspace=workspace, tail=path, upload=upload)


def version_ids(application: Application, workspace: WorkspaceKey, object_id: str) -> list[int]:
    got = application.objects.reading.get_by_id(
        caller=administrator(application),
        workspace=workspace,
        object_id=object_id,
        version=None,
        include_versions=True,
        deleted=False,
        if_none_match=None,
    )
    assert got is not None
    assert got.versions is not None
    assert got.version_id == got.versions[0].version_id
    return [int(version.version_id) for version in got.versions]


def test_that_one_of_eight_creates_a_path(application: Application) -> None:
    workspace = new_workspace(application)
    results = together(lambda number: post(application, workspace, "A/m.json" if number % 2 else "a/M.JSON"))
    [made] = [result for result in results if isinstance(result, PostedObject)]
    refused = [result for result in results if isinstance(result, AlreadyExists)]
    assert len(refused) == WRITERS - 1
    for problem in refused:
        assert problem.members == {"existing_id": made.object_id, "object_path": made.object_path}
    assert listed(application, workspace) == ([made.object_id], 1)


def test_that_one_of_eight_replaces_a_version(application: Application) -> None:
    workspace = new_workspace(application)
    first = post(application, workspace, "m.json")
    results = together(lambda _: post(application, workspace, "m.json", first.object_id, first.version_id))
    [made] = [result for result in results if isinstance(result, PostedObject)]
    assert len([result for result in results if isinstance(result, StaleVersion)]) == WRITERS - 1
    assert version_ids(application, workspace, first.object_id) == [int(made.version_id), int(first.version_id)]


def test_that_unconditional_versions_all_count_and_rise(application: Application) -> None:
    workspace = new_workspace(application)
    first = post(application, workspace, "m.json")
    results = together(lambda _: post(application, workspace, "m.json", first.object_id))
    posted = [int(result.version_id) for result in results if isinstance(result, PostedObject)]
    assert len(set(posted)) == WRITERS
    assert version_ids(application, workspace, first.object_id) == [
        *sorted(posted, reverse=True),
        int(first.version_id),
    ]


def test_that_eight_objects_created_together_are_all_counted(application: Application) -> None:
    workspace = new_workspace(application)
    results = together(lambda number: post(application, workspace, f"{number}.json"))
    made = {result.object_id for result in results if isinstance(result, PostedObject)}
    rows, total = listed(application, workspace)
    assert (len(made), set(rows), total) == (WRITERS, made, WRITERS)


def test_that_two_objects_cannot_move_to_one_path(application: Application) -> None:
    workspace = new_workspace(application)
    made = [post(application, workspace, f"{number}.json").object_id for number in range(WRITERS)]
    results = together(lambda number: post(application, workspace, "target.json", made[number]))
    [moved] = [result for result in results if isinstance(result, PostedObject)]
    refused = [result for result in results if isinstance(result, AlreadyExists)]
    assert len(refused) == WRITERS - 1
    assert {problem.members["existing_id"] for problem in refused} == {moved.object_id}
    assert listed(application, workspace)[1] == WRITERS


def test_that_one_of_eight_deletes_and_restorations_take_names_of_their_own(application: Application) -> None:
    workspace, caller = new_workspace(application), administrator(application)
    lifecycle = application.objects.lifecycle
    first = post(application, workspace, "m.json")
    results = together(lambda _: lifecycle.delete_by_id(caller=caller, workspace=workspace, object_id=first.object_id))
    assert len([result for result in results if result is None]) == 1
    assert len([result for result in results if isinstance(result, NotFound)]) == WRITERS - 1
    gone = [first.object_id]
    for _ in range(WRITERS - 1):
        gone.append(post(application, workspace, "m.json").object_id)
        lifecycle.delete_by_path(caller=caller, workspace=workspace, tail="M.json")
    results = together(lambda number: lifecycle.restore(caller=caller, workspace=workspace, object_id=gone[number]))
    taken = [result.object_path for result in results if isinstance(result, PostedObject)]
    assert sorted(taken) == [f"m ({number}).json" for number in range(1, WRITERS)]
    assert results.count(None) == 1
    assert listed(application, workspace)[1] == WRITERS
