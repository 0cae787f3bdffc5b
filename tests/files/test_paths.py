"""What may be a path, and how it is compared."""

import pytest

from coreshed.files import names
from coreshed.problems import InvalidPath
from tests.files.conftest import Shelf, refusal

INVALID = (400, "files/invalid-path", "Invalid Path.")
SPACES = "Object names or path segments starting with or ending with a space (' ') are not permitted."


@pytest.mark.parametrize(
    "path", ["we?i#%20+ü n.csv", 'a\\b|<>*".csv', "CON", "aux.txt", "...", "..a", "a/.hidden", "日本/語.csv", "x" * 256]
)
async def test_that_names_are_kept_literally(shelf: Shelf, path: str) -> None:
    await shelf.put(path)
    got = (await shelf.ask("GET", shelf.at(path))).json()
    folder, _, name = path.rpartition("/")
    assert (got["path"], got["name"]) == (f"/{folder}/" if folder else "/", name)
    assert await shelf.names() == [name]
    answer = await shelf.ask("GET", got["download"], "nobody")
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]


@pytest.mark.parametrize("path", ["//lead//x.csv", "lead/x.csv", "/LEAD/X.csv"])
async def test_that_slashes_and_case_do_not_make_another_file(shelf: Shelf, path: str) -> None:
    first = await shelf.put("lead/x.csv")
    assert (await shelf.ask("GET", shelf.at(path))).json()["file_id"] == first["file_id"]


@pytest.mark.parametrize(
    "path",
    ["a/../b.csv", "./b.csv", "a/..", "a/", "nul\0.csv", "line\n.csv", "\x7f", "c1\x85", "é" * 1301, "a/" * 1100 + "b"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_that_impossible_paths_are_refused(shelf: Shelf, method: str, path: str) -> None:
    url = shelf.at(path).replace("/..", "/%2E%2E").replace("/./", "/%2E/")  # clients resolve those themselves
    assert refusal(await shelf.ask(method, url)) == INVALID


async def test_that_a_path_of_4096_bytes_is_refused(shelf: Shelf) -> None:
    path = "/".join(["d" * 127] * 32)
    assert len(path) == 4095
    assert refusal(await shelf.ask("PUT", shelf.at(path))) == INVALID


async def test_that_a_name_of_257_characters_is_too_long(shelf: Shelf) -> None:
    answer = await shelf.ask("PUT", shelf.at("a/" + "n" * 257))
    assert refusal(answer) == INVALID
    assert answer.json()["detail"] == "File name is too long, must be less than 256 characters"


@pytest.mark.parametrize("path", [" a/x", "a /x", "a/ x", "a/x ", "a/\u2003x"])
async def test_that_spaces_around_a_segment_are_refused_on_writes_alone(shelf: Shelf, path: str) -> None:
    answer = await shelf.ask("PUT", shelf.at(path))
    assert refusal(answer) == INVALID
    assert answer.json()["detail"] == SPACES
    assert (await shelf.ask("GET", shelf.at(path))).status_code == 404
    assert (await shelf.ask("DELETE", shelf.at(path))).status_code == 404


async def test_that_bytes_which_are_no_text_are_refused(shelf: Shelf) -> None:
    answer = await shelf.ask("PUT", f"{shelf.root}/path/a%FF.csv")
    assert refusal(answer) == INVALID


async def test_that_a_path_is_decoded_once(shelf: Shelf) -> None:
    await shelf.put("new%20file.txt")
    assert await shelf.names() == ["new%20file.txt"]
    assert (await shelf.ask("GET", f"{shelf.root}/path/new%2520file.txt")).status_code == 200
    assert (await shelf.ask("GET", f"{shelf.root}/path/new%20file.txt")).status_code == 404


@pytest.mark.parametrize(
    ("path", "number", "expected"),
    [
        ("A/m.csv", 1, "A/m (1).csv"),
        ("m.tar.gz", 12, "m.tar (12).gz"),
        ("README", 1, "README (1)"),
        ("a.b/.gitignore", 1, "a.b/.gitignore (1)"),
        ("x" * 256, 1, "x" * 252 + " (1)"),
        ("x" * 252 + ".csv", 10, "x" * 247 + " (10).csv"),
    ],
)
def test_that_a_restored_name_is_numbered_before_its_ending(path: str, number: int, expected: str) -> None:
    assert names.numbered(path, number) == expected
    assert names.of_url(b"/files/path/" + expected.encode()) == expected


def test_that_the_marker_may_be_escaped_too() -> None:
    assert names.of_url(b"/x/%66iles/path/a%2520b") == "a%20b"
    with pytest.raises(InvalidPath):
        names.of_url(b"/x/files/path/")
