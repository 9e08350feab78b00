"""What subsets of a dataset's images are chosen by: one value per image, nan where not known.

A subset, bool [n_images], is a comparison of such values (`median_seconds(seconds) <= 60`, `correct
== 2` with the first of `image_labels`) or the images of a group of classes (`group[targets]`);
subsets are combined with &, | and ~.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def median_seconds(seconds: NDArray[np.floating]) -> NDArray[np.float64]:
    """The median time that people took for each image, float64 [n_images].

    seconds: [n_people, n_images], nan where one has not labeled the image. The study calls an image
    fast if this is at most 60.

    >>> median_seconds(np.array([[10, 30, np.nan], [20, np.nan, np.nan]]))
    array([15., 30., nan])
    """
    if not len(seconds):
        return np.full(seconds.shape[1], np.nan)
    ascending = np.sort(seconds.astype(np.float64), axis=0)  # nan last
    known = np.count_nonzero(~np.isnan(ascending), axis=0)
    images = np.arange(seconds.shape[1])
    middle = ascending[np.maximum(known - 1, 0) // 2, images], ascending[known // 2, images]
    return np.where(known > 0, (middle[0] + middle[1]) / 2, np.nan)


def agreement(top1: NDArray[np.integer]) -> NDArray[np.float64]:
    """The share of an image's predictions that its most frequent class has, float64 [n_images].

    top1: integer [n_participants, n_images], -1 = no prediction.

    >>> agreement(np.array([[4, 2, -1], [4, -1, -1], [5, 2, -1]])).round(3)
    array([0.667, 1.   ,   nan])
    """
    ascending = np.sort(top1, axis=0)
    run = np.zeros(top1.shape[1], dtype=np.int64)  # how often the class has come up to here
    most = run
    for before, row in zip([None, *ascending], ascending, strict=False):
        again = before == row if before is not None else False
        run = np.where(row < 0, 0, np.where(again, run + 1, 1))
        most = np.maximum(most, run)
    predictions = np.count_nonzero(top1 >= 0, axis=0)
    return np.where(predictions > 0, most / np.maximum(predictions, 1), np.nan)
