"""Image files as arrays, by pillow (an extra)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segue.data.wording import one_line
from segue.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg")
FORMATS = ("PNG", "JPEG")  # no other decoder is given the file
MOST_PIXELS = 1 << 24

# How pillow's modes are read: grey, grey of 16 bits, colours, colours with transparency.
GREY, DEEP, COLOURS, CLEAR = ("1", "L"), ("I;16", "I;16B", "I;16L", "I"), ("RGB", "P"), ("RGBA",)


def read_image(path: str | Path) -> np.ndarray:
    """Read a PNG or JPEG file as float32 `[H, W, C]` from 0 to 1; C is 1, 3 or 4.

    Raises:
        DataError: there is no such file, it is damaged, of another format or too large.

    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "dot.png"
    >>> Image.new("L", (2, 1), 51).save(path)
    >>> read_image(path)[..., 0].shape
    (1, 2)
    """
    from PIL import Image, UnidentifiedImageError

    place = one_line(str(path))
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise DataError(
                    f"{place}: has {width} x {height} pixels, more than {MOST_PIXELS}; scale it "
                    "down"
                )
            return _values(image, place)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(f"{place}: is no PNG or JPEG image; convert or remove it") from None
    except FileNotFoundError:
        raise DataError(f"{place}: there is no such file; check the path") from None
    except Exception as error:  # pillow's decoders raise a dozen kinds
        reason = getattr(error, "strerror", None) or "damaged or cut short"
        raise DataError(f"{place}: cannot be read ({reason}); fetch it again") from None


def _values(image: Image.Image, place: str) -> np.ndarray:
    mode = image.mode
    if mode in DEEP:
        deep = np.asarray(image).astype(np.float32) / 65535
        return deep[..., None]
    for modes, plain in ((GREY, "L"), (COLOURS, "RGB"), (CLEAR, "RGBA")):
        if mode in modes:
            values = np.asarray(image.convert(plain), np.float32) / 255
            return values if values.ndim == 3 else values[..., None]
    raise DataError(f"{place}: has the colour mode {mode}; save it as grey, RGB or RGBA")
