"""What is accepted as the picture of a workspace.

A picture is decoded once, to refuse one that ends early, and stored as it was sent. What its header says is judged
first: a few bytes can declare a picture that fills the memory.
"""

import io

from coreshed.problems import Invalid, TooLarge
from coreshed.workspaces.ledger import Thumbnail

MAX_BYTES = 10 * 2**20
MAX_SIDE = 10_000
MAX_PIXELS = 20_000_000
# A progressive JPEG has about ten. A scan of a few bytes makes the decoder walk over the whole picture once more, so
# that without a bound ten megabytes keep it busy for hours.
MAX_SCANS = 50
_START_OF_SCAN = b"\xff\xda"  # nowhere else: data escapes the byte 0xff
# A JPEG file of several pictures (MPO) begins with one that every reader shows.
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg"}


def checked(content: bytes) -> Thumbnail:
    """The picture, whose type is read from its content. Blocks for as long as decoding takes.

    Raises TooLarge beyond MAX_BYTES, and Invalid for what is neither PNG nor JPEG, exceeds MAX_SIDE pixels per side,
    MAX_PIXELS in all or MAX_SCANS, or does not decode to its end.
    """
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A thumbnail has at most {MAX_BYTES >> 20} MiB.")
    if content.startswith(b"\xff\xd8") and content.count(_START_OF_SCAN) > MAX_SCANS:
        raise Invalid(f"A thumbnail has at most {MAX_SCANS} scans.")
    # With the first picture of a process: the decoders take a while to load.
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            media_type = _MEDIA_TYPES.get(image.format or "")
            width, height = image.size
            if media_type is None:
                raise Invalid("A thumbnail is a PNG or a JPEG.")
            if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
                raise Invalid(_too_many_pixels(f"this one has {width} x {height}"))
            image.load()
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            image.verify()  # the checksums up to the end of a PNG, which decoding need not reach
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(_too_many_pixels("this one has far more")) from error
    except UnidentifiedImageError as error:
        raise Invalid("A thumbnail is a PNG or a JPEG.") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError) as error:
        # The decoder's own words name offsets and chunks of somebody's file; the sender needs neither.
        raise Invalid("The picture is damaged or incomplete.") from error
    return Thumbnail(media_type, content)


def _too_many_pixels(found: str) -> str:
    return f"A thumbnail has at most {MAX_SIDE} pixels per side and {MAX_PIXELS} in all; {found}."
