"""Hostile and broken requests: each has its answer, and none is an error of the server."""

import gzip
import json
import random
from typing import Any
from uuid import uuid4

import pytest

from tests.objects.conftest import Lab, problem
from tests.objects.sample import UNKNOWN_ID, extended, found, listed, variogram

INVALID = (422, "validation", "Validation Error.")


def body(extensions: str) -> bytes:
    """A variogram whose extensions are this JSON text."""
    return json.dumps(variogram(extensions=None)).replace('"extensions": null', f'"extensions": {extensions}').encode()


async def post(lab: Lab, content: bytes, **headers: str) -> Any:
    return await lab.editor.post(f"{lab.root}/objects/path/m.json", content=content, headers=headers)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


async def test_that_broken_documents_are_invalid_and_store_nothing(lab: Lab) -> None:
    texts = [
        '{"a": NaN}', '{"a": [Infinity]}', '{"a": -Infinity}', '{"a": 1e999}', '{"a": 1, "a": 1}',
        '{"\\u0061": 1, "a": 1}',
        '{"a": "\\ud800"}', '{"\\udc00x": 1}', '{"a": ' + "9" * 5000 + "}", '{"a": 1', '{"a": 1}}', "{a: 1}",
        nested(200), "[" * 100_000, '{"a": tru}', '{"a": "\t"}',
    ]  # fmt: skip
    for text in texts:
        assert problem(await post(lab, body(text))) == INVALID, text[:40]
    for raw in (b"\xff" + body("{}"), body('{"a": "Z"}').replace(b"Z", b"\xed\xa0\x80"), b"\x00", b"\xef\xbb\xbf{}"):
        assert problem(await post(lab, raw)) == INVALID
    assert await listed(lab) == []


async def test_that_two_hundred_levels_are_stored(lab: Lab) -> None:
    assert (await post(lab, body(nested(199)))).status_code == 201
    deep = await lab.create("deep.json", extended(a=json.loads(nested(198))))
    got = await lab.editor.get(f"{lab.root}/objects/{deep['object_id']}")
    assert got.json()["object"] == deep["object"]
    assert await found(lab, ("object.extensions.a" + ".a" * 198, "1"), object_name="deep") == "deep"


async def test_that_odd_but_valid_documents_are_stored(lab: Lab) -> None:
    odd: list[Any] = [
        {"\x00": {"\x00": "\x00"}, "": {"": ""}, "a.b": {"c.d": 1}},
        {"k" * 20_000: 1, "".join(chr(random.Random(1).randrange(0x4E00, 0x9FFF)) for _ in range(3000)): 2},
        {"".join(random.Random(2).choices("abcdefghij0123456789", k=5000)): {"x": 1}},
        {"a": [10**400 // 10**100, -(10**200), 2**63, 2**64, -(2**63) - 1, 5e-324, 1.7e308]},
        {"a": "".join(chr(random.Random(3).randrange(0x10000, 0x1FFFF)) for _ in range(5000))},
        {"a": "\ud7ff\ue000\uffff\U0010ffff", "é": 1, "e\u0301": 2},
        [], None, 5, "text",
    ]  # fmt: skip
    for number, extensions in enumerate(odd):
        answer = await lab.editor.post(f"{lab.root}/objects/path/{number}.json", json=variogram(extensions=extensions))
        if isinstance(extensions, dict):
            assert answer.status_code == 201, (number, answer.text)
            got = await lab.editor.get(f"{lab.root}/objects/path/{number}.json")
            assert got.json()["object"]["extensions"] == extensions
        else:
            assert problem(answer)[1] == "schemas/invalid-object", number
    assert await found(lab, ("object.extensions." + "k" * 20_000, "1")) == "1"
    assert await found(lab, ("object.extensions..", "")) == "0"
    assert await found(lab, ("object.extensions.é", "1")) == "5"


async def test_that_a_document_of_ten_megabytes_is_stored(lab: Lab) -> None:
    text = json.dumps(extended(a=list(range(1_300_000)), z="last"))
    assert len(text) > 10_000_000
    packed = gzip.compress(text.encode(), 1)
    answer = await post(lab, packed, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 201
    assert await found(lab, ("object.extensions.z", "last")) == "m"
    assert await found(lab, ("object.extensions.a", "1299999")) == "m"
    assert await found(lab, ("object.extensions.a", "1300000")) == ""


async def test_that_bombs_and_truncated_gzip_are_refused(lab: Lab) -> None:
    gzipped = {"Content-Encoding": "gzip"}
    whole = gzip.compress(body("{}"))
    for raw in (whole[:-1], whole[: len(whole) // 2], whole[:5], b"", b"{}", body("{}"), whole[:-8] + b"\0" * 8):
        assert problem(await post(lab, raw, **gzipped)) == INVALID
    bomb = gzip.compress(b'{"a": "' + b" " * 100_000_000 + b'"}')
    answer = await post(lab, bomb, **gzipped)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    twice = gzip.compress(gzip.compress(b" " * 100_000_000))
    assert (await post(lab, twice, **gzipped)).status_code == 413
    for encoding in ("br", "deflate", "gzip, gzip", "x" * 5000):
        assert problem(await post(lab, whole, **{"Content-Encoding": encoding})) == INVALID, encoding
    assert await listed(lab) == []


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
async def test_that_odd_paths_are_never_an_error_of_the_server(lab: Lab, verb: str) -> None:
    tails = [
        "x" * 2000, "x/" * 1000, "%00", "%ff%fe", "%ed%a0%80", "%2e%2e/%2e%2e/etc/passwd", "..%2f..%2fx.json",
        "%", "%zz",
        "%2", "a%0d%0ab.json", "%F0%9F%AA%A8.json", ";a=b.json", "a;b/c.json", "%3F.json", "%23.json", "\u202e.json",
        "%c0%ae%c0%ae/x.json", "a//b///c.json", "CON.json", "%25%32%65.json", "~root.json", "$(x).json", "'--.json",
    ]  # fmt: skip
    for tail in tails:
        for where in ("path/", ""):
            answer = await lab.editor.request(verb, f"{lab.root}/objects/{where}{tail}", json=variogram())
            assert answer.status_code < 500, (tail, answer.text)


async def test_that_odd_ids_are_never_an_error_of_the_server(lab: Lab) -> None:
    for odd in (
        "%00",
        "%ff",
        "a..",
        "%2e%2e",
        "a%2Fb",
        "' or 1=1",
        "x" * 3000,
        "0" * 36,
        "{}",
        "-" * 36,
        "\u0660" * 36,
    ):
        for url in (
            f"/geoscience-object/orgs/{odd}/objects",
            f"/geoscience-object/orgs/{odd}/stages",
            f"/geoscience-object/orgs/{lab.organisation_id}/workspaces/{odd}/objects",
            f"{lab.root}/objects/{odd}",
            f"{lab.root}/objects/{UNKNOWN_ID}?version={odd}",
            f"{lab.root}/objects/{UNKNOWN_ID}?deleted={odd}",
        ):
            assert (await lab.editor.get(url)).status_code in {400, 401, 404, 422}, url
        metadata = await lab.editor.patch(
            f"{lab.root}/objects/{UNKNOWN_ID}/metadata?version_id={odd}", json={"stage_id": None}
        )
        assert metadata.status_code in {400, 404, 422}, odd


async def test_that_odd_filters_are_never_an_error_of_the_server(lab: Lab) -> None:
    await lab.create("m.json", extended(a=[1, {"b": "x"}], t="a" * 5000))
    odd = [
        "\x00",
        "%",
        "_",
        "*" * 16,
        "[",
        "]",
        "\\",
        "'",
        '"',
        "\ufffd",
        "9" * 400,
        "-" * 50,
        ":",
        "::",
        "in:",
        "nin:",
    ]
    odd += ["like:[", "like:[a-", "like:\\", "ilike:%_", "like:" + "*a" * 16, "gt:" + "9" * 5000, "lt:1e9999", "eq:-0"]
    odd += ["x" * 10_000, "in:" + ",".join(map(str, range(1000))), "nin:" + "null,true,1," * 300, "\U0010ffff", "\r\n"]
    names = ["created_by", "author", "created_at", "object_name", "schema_id", "geojson_bounding_box", "deleted_by"]
    names += [
        "object.extensions.a",
        "object.extensions.t",
        "object.a\x00b",
        "object.'",
        "object." + "9" * 5000,
        "object",
    ]
    names += ["object." + "x" * 5000, "object." + "a." * 3000 + "b", "object.0.1.2.3", "order_by", "foo\x00", ""]
    for name in names:
        for number, value in enumerate(odd):
            root = lab.organisation_root if number % 5 == 0 else lab.root
            answer = await lab.editor.get(f"{root}/objects", params={name: value})
            assert answer.status_code in {200, 422}, (name[:30], value[:30], answer.text[:200])


async def test_that_raw_bytes_in_a_query_are_never_an_error_of_the_server(lab: Lab) -> None:
    await lab.create("m.json", extended(a="x"))
    for raw in ("%ff", "%ed%a0%80", "%00", "%", "%zz", "+", "%C3", "\u00e9"):
        for name in (
            "object_name",
            "object.extensions.a",
            "schema_id",
            "limit",
            "order_by",
            "created_at",
            f"object.{raw}",
        ):
            answer = await lab.editor.get(f"{lab.root}/objects?{name}={raw}&{raw}={raw}")
            assert answer.status_code in {200, 400, 422}, (name, raw, answer.text)


async def test_that_filters_of_a_thousand_values_are_answered(lab: Lab) -> None:
    await lab.create("m.json", extended(a=999, t="999"))
    many = "in:" + ",".join(map(str, range(1000)))
    assert await found(lab, ("object.extensions.a", many)) == "m"
    assert await found(lab, ("object.extensions.t", many)) == "m"
    assert await found(lab, ("object.extensions.a", "n" + many)) == ""
    assert await found(lab, ("created_by", many)) == ""
    assert await found(lab, ("object_name", many)) == ""
    hundred = [("object.extensions.a", f"gte:{number}") for number in range(100)]
    assert await found(lab, *hundred) == "m"


async def test_that_orders_of_many_positions_are_refused_at_once(lab: Lab) -> None:
    answer = await lab.editor.get(f"{lab.root}/objects", params={"order_by": "object.a" + ".1" * 40})
    assert problem(answer) == (422, "sorting/invalid-params", "Invalid Sorting Parameters")


async def test_that_odd_bodies_of_the_other_operations_are_invalid(lab: Lab) -> None:
    posted = await lab.create("m.json", variogram())
    named = f"{lab.root}/objects/{posted['object_id']}"
    bodies = [b"", b"{", b"nul", b"[[[[", b"[" * 100_000, b"\xff", b'"\\ud800"', b'["\\ud800"]', b"1e999", b"{}" * 2]
    for raw in bodies:
        for verb, url in (
            ("PUT", f"{lab.root}/data"),
            ("PATCH", f"{lab.root}/objects"),
            ("PATCH", f"{named}/metadata"),
            ("POST", f"{named}/versions"),
        ):
            answer = await lab.editor.request(verb, url, content=raw)
            assert answer.status_code == 422, (verb, url, raw[:20], answer.text)


async def test_that_a_foreign_workspace_shows_nothing(lab: Lab) -> None:
    posted = await lab.create("m.json", variogram())
    foreign = f"/geoscience-object/orgs/{uuid4()}/workspaces/{lab.workspace_id}"
    for who, root in (("stranger", lab.root), ("editor", foreign)):
        for url in (f"{root}/objects/{posted['object_id']}", f"{root}/objects/path/m.json"):
            answer = await lab.clients[who].get(url)
            assert answer.json()["upstream_type"] == "/workspace/not-found"
            assert answer.status_code == 404
        assert (await lab.clients[who].get(f"{root}/objects")).status_code == 400
        assert (await lab.clients[who].delete(f"{root}/objects/{posted['object_id']}")).status_code == 404
    assert await listed(lab) == ["m"]


async def test_that_a_client_gone_in_mid_body_is_no_defect_of_the_server(lab: Lab) -> None:
    answered: list[Any] = []
    pieces = iter([{"type": "http.request", "body": b'{"schema":', "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        answered.append(message)

    path = f"{lab.root}/objects/path/m.json"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"authorization", lab.editor.headers["authorization"].encode()), (b"content-length", b"1000")],
    }
    await lab.application.asgi(scope, receive, send)
    assert answered[0]["status"] == 400
    assert await lab.names() == []


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("gzip; q=0.000, br", None), ("identity", None)],
)
async def test_that_gzip_is_sent_only_to_those_who_take_it(lab: Lab, accepted: str, encoding: str | None) -> None:
    await lab.create("m.json", variogram())
    answer = await lab.editor.get(f"{lab.root}/objects/path/m.json", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.json()["object"]["name"] == variogram()["name"]
