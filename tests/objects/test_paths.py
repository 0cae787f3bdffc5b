"""Object paths: what is normalised, what is refused, what is compared."""

import random

import pytest

from coreshed import paths
from coreshed.problems import InvalidPath
from tests.objects.conftest import Lab, problem
from tests.objects.sample import variogram


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("m.json", "m.json"),
        ("/A/m.json", "A/m.json"),
        ("///A///B//m.json", "A/B/m.json"),
        ("A/Sample pointset (1).json", "A/Sample pointset (1).json"),
        ("a+-_.:=,;!@#$%^&'~`[]{}b.json", "a+-_.:=,;!@#$%^&'~`[]{}b.json"),
        ("Ключ/石.json", "Ключ/石.json"),
        (".hidden/..x/...m.json", ".hidden/..x/...m.json"),
        ("x" * 1024, "x" * 1024),
        ("/" * 500 + "x" * 1024, "x" * 1024),
        (" / /m.json", " / /m.json"),
    ],
)
def test_that_a_path_is_stored_without_surplus_slashes(given: str, stored: str) -> None:
    assert paths.normalise(given) == stored


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "A/",
        "A/m.json/",
        "x" * 1025,
        ".",
        "..",
        "A/../m.json",
        "./m.json",
        "A/..../m.json",
        *(f"a{symbol}b.json" for symbol in '\\<>|"*?\x00\t\n\r\x1f\x7f'),
        "\ud800.json",
    ],
    ids=repr,
)
def test_that_an_impossible_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidPath):
        paths.normalise(path)


def test_that_keys_fold_case_and_composition() -> None:
    assert paths.key("A/É.JSON") == paths.key("a/E\u0301.json")
    assert paths.key("Straße") == paths.key("STRASSE")
    assert paths.key("a") != paths.key("á")
    assert paths.key(paths.key("ǰẞİ\u0345")) == paths.key("ǰẞİ\u0345")


def test_that_folders_have_slashes_on_both_ends() -> None:
    assert (paths.folder("m.json"), paths.file_name("m.json")) == ("/", "m.json")
    assert (paths.folder("A/B/m.json"), paths.file_name("A/B/m.json")) == ("/A/B/", "m.json")


def test_that_a_raw_tail_is_decoded_once() -> None:
    marker = b"/objects/path/"
    assert paths.raw_tail(b"/x/objects/path/a%2520b%2Fc+d", marker) == "a%20b/c+d"
    assert paths.raw_tail(b"/x/objects/path/a/objects/path/b", marker) == "a/objects/path/b"
    with pytest.raises(InvalidPath):
        paths.raw_tail(b"/x/objects/path/%ff", marker)


@pytest.mark.parametrize(
    ("tail", "stored"),
    [
        ("/A//m.json", "A/m.json"),
        ("A%2Fm.json", "A/m.json"),
        ("%2F%2Fm.json", "m.json"),
        ("A/Sample%20pointset%20(1).json", "A/Sample pointset (1).json"),
        ("a%2520b.json", "a%20b.json"),
        ("a+b.json", "a+b.json"),
        ("%D0%B0.json", "а.json"),
        ("objects/path/m.JSON", "objects/path/m.JSON"),
        ("a%23b.json", "a#b.json"),
    ],
)
async def test_that_the_tail_of_a_url_becomes_the_stored_path(lab: Lab, tail: str, stored: str) -> None:
    url = f"{lab.root}/objects/path/{tail}"
    posted = await lab.editor.post(url, json=variogram())
    assert (posted.status_code, posted.json()["object_path"]) == (201, stored)
    assert (await lab.editor.get(url)).json()["object_path"] == stored
    [row] = (await lab.editor.get(f"{lab.root}/objects")).json()["objects"]
    assert row["path"] + row["name"] == "/" + stored
    assert (await lab.editor.delete(url)).status_code == 204


async def test_that_invalid_tails_are_refused_by_every_verb(lab: Lab) -> None:
    tails = [
        "A/", "A%2F", "m.json/", ".json%2F", "%2e%2e/m.json", "A/%2E%2E/m.json", "%2e/m.json", "A/%2e%2e",
        "a%00b.json", "a%0Ab.json", "a%7Fb.json", "%FF.json", "%ED%A0%80.json", "%C0%AF.json",
        "x" * 1025, "x/" * 1000 + "m.json", "%5C.json", "%3C.json", "a%2Ab.json", "%22.json", "%7C.json",
    ]  # fmt: skip
    for tail in tails:
        url = f"{lab.root}/objects/path/{tail}"
        for answer in (
            await lab.editor.post(url, json=variogram()),
            await lab.editor.get(url),
            await lab.editor.delete(url),
        ):
            assert problem(answer) == (400, "invalid-path", "Invalid Path."), (tail[:40], answer.request.method)
    assert await lab.names() == []


async def test_that_an_empty_file_name_is_refused(lab: Lab) -> None:
    for tail in (".json", "A/.json", ".JSON"):
        answer = await lab.editor.post(f"{lab.root}/objects/path/{tail}", json=variogram())
        assert problem(answer) == (400, "invalid-path", "Invalid Path."), tail


async def test_that_the_longest_path_is_accepted_and_a_longer_one_is_refused(lab: Lab) -> None:
    """Characters at random, because the index entries of a repetitive path compress."""
    letters = random.Random(1)
    path = "".join(letters.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=1019)) + ".json"
    assert (await lab.create(path, variogram()))["object_path"] == path
    path = "".join(chr(letters.randrange(0x4E00, 0x9FFF)) for _ in range(865)) + ".json"
    assert (await lab.create(path, variogram()))["object_path"] == path
    longer = f"{lab.root}/objects/path/石石{path}"
    assert problem(await lab.editor.post(longer, json=variogram())) == (400, "invalid-path", "Invalid Path.")


async def test_that_a_path_without_any_name_is_no_route(lab: Lab) -> None:
    for tail in ("path/", "path//", "path/%2F"):
        answer = await lab.editor.get(f"{lab.root}/objects/{tail}")
        assert problem(answer) == (404, "not-found", "Not Found."), tail
