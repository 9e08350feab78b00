"""What happens to an image before a classifier sees it, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import PIL
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from taxonomy.errors import InputError
from taxonomy.pictures import opened, upright_rgb

FILTERS = {
    "nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS,
}  # fmt: skip
RESIZES = ("short-side", "stretch")
LARGEST = 2048
# A picture is decoded at a whole fraction of its size that is at least so much larger than needed.
SPARE = 2
# To be counted up when `picture` gives other pixels than before.
MAKER = 1
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """`size` is the side in pixels of the square that the classifier sees.

    resize  `short-side`: the short side becomes size / crop, and the middle square is cut out;
            `stretch`: both sides become size
    dtype   `uint8`: values 0 to 255; `float32`: divided by 255, less `mean`, divided by `std`, by
            channel
    """

    size: int
    resize: str = "short-side"
    crop: float = 0.875
    interpolation: str = "bilinear"
    layout: str = "NCHW"
    dtype: str = "float32"
    channels: str = "RGB"
    mean: Sequence[float] = IMAGENET_MEAN
    std: Sequence[float] = IMAGENET_STD

    def __post_init__(self) -> None:
        """Raises InputError for what makes no sense."""
        _one_of("resize", self.resize, RESIZES)
        _one_of("interpolation", self.interpolation, FILTERS)
        _one_of("layout", self.layout, ("NCHW", "NHWC"))
        _one_of("dtype", self.dtype, ("uint8", "float32"))
        _one_of("channels", self.channels, ("RGB", "BGR"))
        if not isinstance(self.size, int) or not 1 <= self.size <= LARGEST:
            raise InputError(f"size: expected 1 to {LARGEST} pixels")
        if not _is_number(self.crop) or not 0.1 <= self.crop <= 1:
            raise InputError("crop: expected a share of 0.1 to 1")
        for name in ("mean", "std"):
            values = getattr(self, name)
            if not isinstance(values, list | tuple) or len(values) != 3:
                raise InputError(f"{name}: expected three numbers")
            if not all(_is_number(value) for value in values):
                raise InputError(f"{name}: expected three numbers")
        if not all(self.std):
            raise InputError("std: must not be 0")

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    def picture(self, data: bytes) -> Image.Image:
        """What the classifier sees of an image file. Raises PictureError."""
        with opened(data, settings.IMAGE_MAX_PIXELS) as image:
            short = self.size if self.resize == "stretch" else round(self.size / self.crop)
            shrink = max(1, min(image.size) // (SPARE * short))
            return self._seen(upright_rgb(image, shrink), short)

    def _seen(self, rgb: Image.Image, short: int) -> Image.Image:
        method = FILTERS[self.interpolation]
        if self.resize == "stretch":
            return rgb.resize((self.size, self.size), method)
        scale = short / min(rgb.size)
        sides = [max(short, round(side * scale)) for side in rgb.size]
        # Only the square that is cut out is computed, of the pixels that it takes.
        corners = [(side - self.size) // 2 for side in sides]
        steps = [side / wide for side, wide in zip(rgb.size, sides, strict=True)]
        (left, top), (right, bottom) = (
            [(corner + more) * step for corner, step in zip(corners, steps, strict=True)]
            for more in (0, self.size)
        )
        return rgb.resize((self.size, self.size), method, box=(left, top, right, bottom))

    @property
    def view(self) -> str:
        """A name of what decides about the square, its maker too; what `numbers` does is not in it."""
        asked = f"{self.size}-{self.resize}-{self.crop}-{self.interpolation}"
        return f"{asked}-{MAKER}-{PIL.__version__}"

    def square(self, data: bytes) -> NDArray[np.uint8]:
        """The picture as RGB values, [size, size, 3]. Raises PictureError."""
        return np.asarray(self.picture(data))

    def numbers(self, squares: NDArray[np.uint8]) -> NDArray[Any]:
        """Squares, [images, size, size, 3], as the classifier takes them: [images, size, size, 3] or
        [images, 3, size, size], of the dtype."""
        pixels: NDArray[Any] = squares[..., ::-1] if self.channels == "BGR" else squares
        if self.dtype == "float32":
            mean, std = (np.array(values, np.float32) for values in (self.mean, self.std))
            pixels = (pixels.astype(np.float32) / np.float32(255) - mean) / std
        ordered = pixels if self.layout == "NHWC" else pixels.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(ordered)


def read_preprocessing(values: Mapping[str, Any], guessed: Preprocessing) -> Preprocessing:
    """What the JSON says, and where it says nothing what was guessed. Raises InputError."""
    known = guessed.as_json()
    if unknown := [name for name in values if name not in known]:
        raise InputError(f"{unknown[0]}: unknown (there are: {', '.join(known)})")
    return Preprocessing(**{**known, **values})


def guess(shape: Sequence[Any], dtype: str) -> Preprocessing:
    """From an input's shape (numbers, or names of what is free) and ONNX type.

    Raises InputError if it is not four-dimensional with three channels, or of another type.
    """
    if len(shape) != 4:
        raise InputError(f"the model's input has {len(shape)} dimensions; images have 4")
    layout = "NHWC" if shape[3] == 3 else "NCHW" if shape[1] == 3 else ""
    if not layout:
        raise InputError(f"no dimension of the model's input {list(shape)} is the 3 channels")
    sides = shape[1:3] if layout == "NHWC" else shape[2:4]
    known = [side for side in sides if isinstance(side, int) and side > 0]
    if len(set(known)) > 1:
        raise InputError(f"the model's input is not square: {known[0]} x {known[1]}")
    if dtype not in ("tensor(uint8)", "tensor(float)"):
        raise InputError(f"the model's input is {dtype}; images go in as uint8 or float")
    return Preprocessing(
        size=known[0] if known else 224, layout=layout,
        dtype="uint8" if dtype == "tensor(uint8)" else "float32",
    )  # fmt: skip


def _one_of(name: str, value: Any, known: Any) -> None:
    if value not in known:
        raise InputError(f"{name}: expected one of {', '.join(known)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
