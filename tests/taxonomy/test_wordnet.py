import logging
import subprocess

import pytest

from taxonomy import wordnet

needs_debian = pytest.mark.skipif(
    not (wordnet.DEBIAN / "data.noun").exists(),
    reason="Debian's WordNet is not installed (apt install wordnet-base)",
)


@pytest.fixture
def fresh(settings, tmp_path, monkeypatch):
    """A machine that has no WordNet yet: an empty home, nothing on nltk's data path."""
    import nltk

    settings.HOME = tmp_path
    monkeypatch.setattr(nltk.data, "path", [])
    wordnet.reader.cache_clear()
    yield tmp_path
    wordnet.reader.cache_clear()


@pytest.fixture
def offline(monkeypatch):
    """Every download runs into its time limit; the list holds the commands tried."""
    tried = []

    def run(command, timeout, **_):
        tried.append(command)
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(wordnet.subprocess, "run", run)
    return tried


@needs_debian
def test_debians_wordnet_is_copied_and_read(fresh, offline):
    found = wordnet.definitions(["n02012849", "n03126707"])
    assert found["n02012849"].startswith("large long-necked wading bird")
    assert found["n03126707"].startswith("lifts and moves heavy objects")
    assert (fresh / "nltk_data" / "corpora" / "wordnet" / "lexnames").exists()
    assert not offline


@needs_debian
def test_the_copy_is_used_the_next_time(fresh, offline, monkeypatch, tmp_path):
    wordnet.reader()
    wordnet.reader.cache_clear()
    monkeypatch.setattr(wordnet, "DEBIAN", tmp_path / "gone")
    assert wordnet.definitions(["n02084071"])
    assert not offline


@needs_debian
def test_ids_that_are_no_nouns_of_wordnet_have_no_definition(fresh, offline):
    assert wordnet.definitions(["pug", "n99999999", "n1", "v00001740", ""]) == {}


@needs_debian
def test_gives_the_lexicographer_files_their_names(fresh, offline):
    node = wordnet.synset(wordnet.reader(), "n02012849")
    assert node.lexname() == "noun.animal"
    lines = (fresh / "nltk_data/corpora/wordnet/lexnames").read_text().splitlines()
    assert len(lines) == 45
    assert lines[3] == "03\tnoun.Tops\t1"
    assert lines[44] == "44\tadj.ppl\t3"


def test_without_any_wordnet_there_are_no_definitions_and_one_line_says_so(
    fresh, offline, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(wordnet, "DEBIAN", tmp_path / "gone")
    with caplog.at_level(logging.WARNING, "tusker.taxonomy"):
        assert wordnet.definitions(["n02012849"]) == {}
        assert wordnet.definitions(["n03126707"]) == {}
    assert len(offline) == 1
    assert len(caplog.records) == 1
    assert "without definitions" in caplog.text
