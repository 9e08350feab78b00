"""Images as models see them, kept on this machine: many models look at the same square of an image, and
to decode a photograph takes several times as long as a small model does."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from config.kept import KeptFiles
from evaluation.inference.preprocessing import Preprocessing

SQUARES = KeptFiles("squares")


def square_of(file: str, preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """What a model sees of an image in the storage, RGB, uint8 [size, size, 3].

    Raises OSError if the file can't be read, and PictureError if it is no image.
    """
    if not file:
        raise FileNotFoundError(2, "there is no image file")
    name = f"{preprocessing.view}/{file}"
    size = preprocessing.size
    try:
        with SQUARES.path(name).open("rb", buffering=0) as kept:
            return np.frombuffer(kept.read(), np.uint8).reshape(size, size, 3)
    except (OSError, ValueError):  # not there, or cut short when the machine went down
        pass
    with default_storage.open(file) as opened:
        square = preprocessing.square(opened.read())
    with suppress(OSError):  # a disk that takes no more is no reason to fail
        SQUARES.add(name, lambda file: file.write(square.tobytes())).close()
    return square
