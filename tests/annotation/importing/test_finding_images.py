"""Which image a file means by a path."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotation.importing.picking import Members

paths = st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=4).map("/".join)


def ends_in(path: str, end: str) -> bool:
    return f"/{path}".endswith(f"/{end}")


@settings(max_examples=150, deadline=None)
@given(keys=st.lists(paths, min_size=1, max_size=6, unique=True), text=paths)
@example(keys=["a", "b/a", "c/a"], text="x/b/a")
@example(keys=["a/b"], text="/".join("a" * 9) + "/b")
def test_a_path_means_the_only_image_whose_key_ends_in_it_or_in_which_it_ends(keys, text):
    members = Members(np.arange(len(keys)), [f"{key}.jpg" for key in keys])
    fitting = [at for at, key in enumerate(keys) if ends_in(key, text) or ends_in(text, key)]
    if text in keys:
        assert members.find_file(f"{text}.png") == keys.index(text)
    elif len(fitting) > 1:
        first, second = fitting[:2]
        with pytest.raises(ValueError, match=f"could be {keys[first]}.jpg or {keys[second]}.jpg"):
            members.find_file(f"{text}.png")
    else:
        assert members.find_file(f"{text}.png") == (fitting[0] if fitting else None)


def test_many_images_of_one_name_are_found_at_once():
    """Each by a path that is longer than its key, and by one that is shorter."""
    keys = [f"val/{number}/image.jpg" for number in range(10_000)]
    members = Members(np.arange(len(keys)), keys)
    start = time.perf_counter()
    for position, key in enumerate(keys):
        assert members.find_file(f"/data/{key}") == position
        assert members.find_file(key.removeprefix("val/")) == position
        with pytest.raises(ValueError, match=r"could be val/0/image.jpg or val/1/image.jpg"):
            members.find_file("image")
    assert time.perf_counter() - start < 10  # comparing each with all takes minutes
