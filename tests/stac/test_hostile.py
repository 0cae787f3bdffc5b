"""Parameters that mean harm or nothing are refused in words, by both ways of asking."""

from tests.stac.conftest import Shelf

DEEP = "[" * 5000 + "]" * 5000


BAD_QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=ten",
    "limit=1.5",
    "limit=%D9%A3",
    "bbox=1,2,3",
    "bbox=1,2,3,4,5",
    "bbox=1,2,3,x",
    "bbox=nan,0,1,1",
    "bbox=0,0,inf,1",
    "bbox=0,10,1,5",
    "bbox=0,95,1,99",
    "bbox=0,0,1e300,1",
    "bbox=0,0,9,1,1,1",
    "bbox=,,,",
    "datetime=yesterday",
    "datetime=/",
    "datetime=../..",
    "datetime=..",
    "datetime=2020-01-01",
    "datetime=2020-13-01T00:00:00Z",
    "datetime=2020-02-30T00:00:00Z",
    "datetime=2020-01-01T25:00:00Z",
    "datetime=2020-01-01T00:00:61Z",
    "datetime=2020-01-01T00:00:00",
    "datetime=2020-01-01T00:00:00%2B0100",
    "datetime=2020-01-01T00:00:00%2B99:00",
    "datetime=2020-01-01T00:00:00.Z",
    "datetime=2020-01-01T00:00:00,5Z",
    "datetime=0000-01-01T00:00:00Z",
    "datetime=2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
    "datetime=2020-01-01T00:00:00Z/2021-01-01T00:00:00Z/..",
    "token=x",
    "token=1",
    "token=OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ",
    "token=%FE",
    "token=99999999999999999999_1",
    "intersects=%7B%7D",
    "filter=a=1",
    "sortby=-datetime",
    "limit=1&limit=2",
    "ids=" + ",".join(["a"] * 1001),
    "&".join(f"p{number}=1" for number in range(100)),
    "ids=%FF",
]


async def test_that_a_bad_query_is_a_400_in_words(shelf: Shelf) -> None:
    for query in BAD_QUERIES:
        for path in ("search", f"collections/{shelf.project}/items"):
            answer = await shelf.lab.clients["viewer"].get(f"/stac/{path}?{query}")
            assert answer.status_code == 400, (query, answer.text)
            assert answer.json()["code"] == "InvalidParameterValue"
            assert len(answer.json()["description"]) > 10


HARMLESS_QUERIES = [
    "ids=%00",
    "ids=a%00b,c",
    "collections=%00",
    "collections=,,,",
    "ids=" + "x" * 5000,
    "ids=%27%20or%201=1--",
    "token=MC4w",
    "bbox=",
    "unknown=parameter",
    "datetime=1600-01-01T00:00:00Z/2999-01-01T00:00:00Z",
    "limit=00005",
]


async def test_that_what_names_nothing_finds_nothing(shelf: Shelf) -> None:
    for query in HARMLESS_QUERIES:
        answer = await shelf.lab.clients["viewer"].get(f"/stac/search?{query}")
        assert answer.status_code == 200, (query, answer.text)
        assert answer.json()["type"] == "FeatureCollection"


BAD_BODIES = [
    b"{",
    b"[]",
    b"1",
    b'"text"',
    b"\xff",
    b'{"limit": "ten"}',
    b'{"limit": true}',
    b'{"limit": 1.5}',
    b'{"limit": [1]}',
    b'{"limit": -1}',
    b'{"bbox": "0,0,1,1"}',
    b'{"bbox": [0, 0, 1, null]}',
    b'{"bbox": [0, 0, 1, true]}',
    b'{"bbox": [[0, 0], [1, 1]]}',
    b'{"bbox": [0, 0, 1, 1e999]}',
    b'{"ids": "a"}',
    b'{"ids": [1]}',
    b'{"ids": {"a": 1}}',
    b'{"collections": [null]}',
    b'{"datetime": 5}',
    b'{"datetime": ["2020-01-01T00:00:00Z", null]}',
    b'{"token": 5}',
    b'{"token": {"no": 1}}',
    b'{"intersects": {"type": "Point", "coordinates": [0, 0]}, "bbox": [0, 0, 1, 1]}',
    b'{"intersects": {"type": "Point", "coordinates": []}}',
    b'{"intersects": {"type": "Point", "coordinates": [181, 0]}}',
    b'{"intersects": {"type": "LineString", "coordinates": [[0, 0]]}}',
    b'{"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}',
    b'{"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1, 5], [2, 0]], []]}, "ids": 1}',
    b'{"intersects": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [0, 0]}}}',
    b'{"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}}',
    b'{"intersects": "POINT (0 0)"}',
    b'{"intersects": {"type": "Polygon", "coordinates": ' + DEEP.encode() + b"}}",
    b'{"ids": ["\\ud800"]}',
    b'{"query": {"eo:cloud_cover": {"lt": 10}}}',
    DEEP.encode(),
    b'{"ids": ' + DEEP.encode() + b"}",
]


async def test_that_a_bad_body_is_a_400_in_words(shelf: Shelf) -> None:
    for body in BAD_BODIES:
        answer = await shelf.lab.clients["viewer"].post("/stac/search", content=body)
        assert answer.status_code == 400, (body[:80], answer.text)
        assert answer.json()["code"] == "InvalidParameterValue"


async def test_that_a_body_without_conditions_finds_everything_or_nothing(shelf: Shelf) -> None:
    for body in (b"", b"{}", b'{"limit": null, "ids": null}', b'{"ids": ["\\u0000"]}', b'{"x": [1]}'):
        answer = await shelf.lab.clients["viewer"].post("/stac/search", content=body)
        assert answer.status_code == 200, (body, answer.text)


async def test_that_a_body_has_a_bound(shelf: Shelf) -> None:
    answer = await shelf.lab.clients["viewer"].post("/stac/search", content=b" " * (1 << 20) + b"{}")
    assert (answer.status_code, answer.json()["code"]) == (413, "RequestTooLarge")


ODD_ADDRESSES = [
    "/collections//items",
    "/collections/%00",
    "/collections/%00/items/%00",
    "/collections/%FF%FE",
    "/collections/..%2F..%2Fetc",
    "/collections/x/items/y/z",
    "/collections/x/items/y/assets/%00",
    "/search/x",
    "/" + "x" * 4000,
]


async def test_that_an_odd_address_is_a_404(shelf: Shelf) -> None:
    for path in ODD_ADDRESSES:
        answer = await shelf.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "NotFound"), path
