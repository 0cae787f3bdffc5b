"""What the OpenAPI document says of the colormap routes beyond their paths: the bodies."""

from litestar.openapi.spec import OpenAPIType, Reference, Schema

from coreshed.colormaps.wire import COLORS, MAX_BATCH, MAX_TEXT
from coreshed.openapi import FLAG, UUID, array, described, integer, json_body, mapping, one_of, text

_TEXT = text(most=MAX_TEXT)
_NUMBER = Schema(type=OpenAPIType.NUMBER)
_CHANNEL = integer(least=0, most=255)
_COLOR = Schema(
    type=OpenAPIType.ARRAY, items=_CHANNEL, min_items=3, max_items=3, description="Red, green and blue, 0 to 255."
)
_POSITION = Schema(type=OpenAPIType.NUMBER, minimum=0, maximum=1)


def _kind(kind: str, about: str, **members: Schema) -> Schema:
    shared: dict[str, Schema | Reference] = {
        "name": _TEXT,
        "dtype": one_of(kind),
        "colors": array(_COLOR, *COLORS[kind]),
        **members,
    }
    described_ = mapping(shared, ["name", "dtype", "colors", *members])
    described_.description = about
    return described_


CREATE = described(
    body=json_body(
        Schema(
            one_of=[
                _kind(
                    "continuous",
                    "A gradient of colours, and the curve from values of the attribute to positions on it.",
                    attribute_controls=array(_NUMBER, 2),
                    gradient_controls=array(_POSITION, 2),
                ),
                _kind(
                    "discrete",
                    "A colour for each interval: one end point and one flag fewer than there are colours.",
                    end_points=array(_NUMBER),
                    end_inclusive=array(FLAG),
                ),
                _kind("category", "A colour for each label.", map=array(_TEXT)),
            ],
        )
    )
)
_ASSOCIATION = mapping({"attribute_id": _TEXT, "colormap_id": UUID}, ["attribute_id", "colormap_id"])
ASSOCIATE = described(body=json_body(_ASSOCIATION))
ASSOCIATE_SEVERAL = described(
    body=json_body(mapping({"associations": array(_ASSOCIATION, 1, MAX_BATCH)}, ["associations"]))
)
