"""What is accepted as the picture of a workspace.

A picture is decoded once, to refuse one that ends early, and stored as it was sent. What its parts and its header say
is judged first: a few bytes can declare a picture that fills the memory.
"""

import io

from coreshed.problems import Invalid, TooLarge
from coreshed.workspaces import picture_parts
from coreshed.workspaces.ledger import Thumbnail

MAX_BYTES = 10 * 2**20
MAX_SIDE = 10_000
MAX_PIXELS = 20_000_000
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


def checked(content: bytes) -> Thumbnail:
    """The picture, whose type is read from its content. Blocks for as long as decoding takes.

    Raises TooLarge beyond MAX_BYTES, and Invalid for what is neither PNG nor JPEG, exceeds MAX_SIDE pixels per side,
    MAX_PIXELS in all or the bounds of `picture_parts`, or does not decode to its end.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A thumbnail has at most {MAX_BYTES >> 20} MiB.")
    pixels = picture_parts.pixels_of(content)
    # With the first picture of a process: the decoders take a while to load.
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(pixels), formats=tuple(_MEDIA_TYPES)) as image:
            media_type = _MEDIA_TYPES[image.format or ""]
            width, height = image.size
            if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
                raise Invalid(_too_many_pixels(f"this one has {width} x {height}"))
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(_too_many_pixels("this one has far more")) from error
    except UnidentifiedImageError as error:
        raise Invalid("A thumbnail is a PNG or a JPEG.") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise picture_parts.damaged() from error
    return Thumbnail(media_type, content)


def _too_many_pixels(found: str) -> str:
    return f"A thumbnail has at most {MAX_SIDE} pixels per side and {MAX_PIXELS} in all; {found}."
