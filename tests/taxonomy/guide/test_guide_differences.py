from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy.guide.differences import Piece, differences, marked, word_differences

TEXTS = st.lists(
    st.sampled_from(["a", "bill", " ", "\n", "\n\n", ".", "é", "long"]), max_size=60
).map("".join)


def side(passages, without: str) -> str:
    return "".join(
        piece.text for passage in passages for piece in passage.pieces if piece.kind != without
    )


@settings(deadline=None)
@given(old=TEXTS | st.text(), new=TEXTS | st.text())
def test_nothing_of_either_text_is_left_out(old, new):
    passages = differences(old, new)
    assert side(passages, "added") == old
    assert side(passages, "removed") == new
    assert any(passage.changed for passage in passages) == (old != new)


def test_a_change_is_shown_by_the_word():
    assert list(word_differences("The bill is long and thin.", "The bill is short and thin.")) == [
        Piece("same", "The bill is "),
        Piece("removed", "long"),
        Piece("added", "short"),
        Piece("same", " and thin."),
    ]


def test_words_that_change_beside_one_another_are_one_change():
    (same, removed, added) = word_differences("seen at dusk", "seen by night")
    assert (same.text, removed.text, added.text) == ("seen ", "at dusk", "by night")


def test_what_did_not_change_is_folded_but_for_its_ends():
    lines = "".join(f"line {n}\n" for n in range(40))
    passages = differences(f"old\n{lines}end", f"new\n{lines}end")
    assert [(passage.changed, passage.folded, passage.paragraphs) for passage in passages[1:]] == [
        (False, False, 2),
        (False, True, 39),
    ]
    assert passages[0].changed


def test_differences_are_escaped():
    assert marked([Piece("added", "<script>")]) == "<ins>&lt;script&gt;</ins>"


def test_texts_of_the_greatest_length_are_compared_at_once():
    old, new = "ab \n" * 25_000, "ba \n" * 25_000
    passages = differences(old, new)
    assert side(passages, "added") == old
    assert side(passages, "removed") == new
