"""The OpenAPI document of the STAC API, to which the landing page links as `service-desc`."""

from typing import Any

from coreshed.stac.documents import GEOJSON, JSON
from coreshed.stac.queries import DEFAULT_LIMIT, MAX_LIMIT

Json = dict[str, Any]

_BOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_TEXTS = {"type": "array", "items": {"type": "string"}}
_LIMIT = {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT, "description": f"At most {MAX_LIMIT} are given."}
_TIMES = {"type": "string", "description": "An RFC 3339 time or an interval; '..' is an open end."}
_WITHIN = {"bbox": _BOX, "datetime": _TIMES, "limit": _LIMIT, "token": {"type": "string"}}
_SEARCH = {**_WITHIN, "ids": _TEXTS, "collections": _TEXTS}
_SHAPE = "A GeoJSON geometry in WGS 84, in a query as JSON; not together with bbox."
_IN_BODY = {**_SEARCH, "intersects": {"type": "object", "description": _SHAPE}}
_IN_QUERY = {**_SEARCH, "intersects": {"type": "string", "description": _SHAPE}}


def document(root: str) -> Json:
    """What is served below `root`, the address of the landing page."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Coreshed STAC API", "version": "1.0.0", "description": "Reads the catalogue of uploads."},
        "servers": [{"url": root}],
        "security": [{"bearer": []}, {"key": []}, {"basic": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "basic": {"type": "http", "scheme": "basic", "description": "The key is the password."},
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["code", "description"],
                    "properties": {"code": {"type": "string"}, "description": {"type": "string"}},
                }
            },
        },
    }


def _paths() -> Json:
    collection = "/collections/{collectionId}"
    item = f"{collection}/items/{{itemId}}"
    posted = _operation("searchByBody", "Search items", GEOJSON)
    posted["requestBody"] = {"content": {JSON: {"schema": {"type": "object", "properties": _IN_BODY}}}}
    asset = _operation("asset", "Redirect to a signed link to the bytes of an asset", JSON, item, "assetKey")
    asset["responses"]["307"] = {"description": "The link is in Location."}
    del asset["responses"]["200"]
    return {
        "/": {"get": {**_operation("landingPage", "The landing page", JSON), "security": []}},
        "/conformance": {"get": {**_operation("conformance", "What this API conforms to", JSON), "security": []}},
        "/collections": {"get": _operation("collections", "Every collection", JSON)},
        collection: {"get": _operation("collection", "A collection", JSON, collection)},
        f"{collection}/items": {
            "get": _operation("items", "Items of a collection", GEOJSON, collection, query=_WITHIN)
        },
        item: {"get": _operation("item", "An item", GEOJSON, item)},
        f"{item}/assets/{{assetKey}}": {"get": asset},
        "/search": {"get": _operation("search", "Search items", GEOJSON, query=_IN_QUERY), "post": posted},
    }


def _operation(name: str, summary: str, kind: str, path: str = "", *more: str, query: Json | None = None) -> Json:
    named = [each.strip("{}") for each in path.split("/") if each.startswith("{")]
    in_path = [{"name": each, "in": "path", "required": True, "schema": {"type": "string"}} for each in (*named, *more)]
    in_query = [
        {"name": each, "in": "query", "schema": schema, "style": "form", "explode": False}
        for each, schema in (query or {}).items()
    ]
    refused = {"description": "A refusal", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": in_path + in_query,
        "responses": {
            "200": {"description": summary, "content": {kind: {"schema": {"type": "object"}}}},
            "default": refused,
        },
    }
