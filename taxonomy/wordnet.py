"""WordNet 3.0 through nltk: definitions, and the hierarchy behind the shipped class list."""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

logger = logging.getLogger("tusker.taxonomy")

DEBIAN = Path("/usr/share/wordnet")
DOWNLOAD_SECONDS = 30
# Debian's wordnet-base has every file that nltk reads but `lexnames`.
FILES = [f"{kind}.{part}" for kind in ("data", "index") for part in ("noun", "verb", "adj", "adv")]
FILES += [f"{part}.exc" for part in ("noun", "verb", "adj", "adv")]
# lexnames(5WN): the names in order of their numbers, and the number of each syntactic category.
LEXNAMES = {
    "adj": "all pert",
    "adv": "all",
    "noun": "Tops act animal artifact attribute body cognition communication event feeling food "
    "group location motive object person phenomenon plant possession process quantity relation "
    "shape state substance time",
    "verb": "body change cognition communication competition consumption contact creation emotion "
    "motion perception possession social stative weather",
}
LAST_LEXNAME = "adj.ppl"
CATEGORIES = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


def definitions(wnids: Iterable[str]) -> dict[str, str]:
    """The WordNet definition of each WordNet 3.0 noun id (such as "n02012849") that has one.

    Empty if no WordNet is found; see `reader`. Keys that are no noun ids are left out.
    """
    wordnet = reader()
    if wordnet is None:
        return {}
    found = {wnid: synset(wordnet, wnid) for wnid in wnids}
    return {wnid: node.definition() for wnid, node in found.items() if node is not None}


def synset(wordnet: Any, wnid: str) -> Any:
    """nltk's Synset of a WordNet 3.0 noun id, or None."""
    offset = wnid[1:]
    if not (wnid.startswith("n") and len(offset) == 8 and offset.isdecimal()):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nltk warns, and returns None, for an unknown offset
        return wordnet.synset_from_pos_and_offset("n", int(offset))


@cache
def reader() -> Any:
    """nltk's reader of WordNet 3.0 from the first place that has it, or None, said once in the log.

    The places: nltk's data path; Debian's `wordnet-base`, copied into TUSKER_HOME because nltk
    follows no link and reads nothing outside its path; nltk's download into TUSKER_HOME. The
    download comes last and is given up after DOWNLOAD_SECONDS, so that a machine without network
    does not hang.
    """
    import nltk  # here because it takes longer to import than all of Django

    home = settings.HOME / "nltk_data"
    if str(home) not in nltk.data.path:
        nltk.data.path.append(str(home))
    if root := _find() or (_copy_debian(home) and _find()) or (_download(home) and _find()):
        return _open(root)
    logger.warning(
        "WordNet not found (nltk data, %s, download): classes come without definitions", DEBIAN
    )
    return None


def _find() -> Any:
    """nltk's pointer to an unpacked or zipped WordNet on its data path, or None."""
    import nltk

    for name in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
        try:
            return nltk.data.find(name)
        except LookupError:
            continue
    return None


def _open(root: Any) -> Any:
    from nltk.corpus.reader import WordNetCorpusReader

    class EnglishReader(WordNetCorpusReader):
        """Without the mapping between WordNet versions, whose data Debian doesn't have."""

        def map_wn(self, version: str = "wordnet") -> None:
            return None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "multilingual functions are not available"
        return EnglishReader(root, None)


def _copy_debian(home: Path) -> bool:
    """Put Debian's WordNet, if installed, where nltk reads it; whole or not at all."""
    if not all((DEBIAN / name).is_file() for name in FILES):
        return False
    corpora = _make_corpora(home)
    with tempfile.TemporaryDirectory(dir=corpora) as folder:
        draft = Path(folder) / "wordnet"
        draft.mkdir()
        for name in FILES:
            shutil.copyfile(DEBIAN / name, draft / name)
        (draft / "lexnames").write_text(_lexnames())
        _make_private(draft)
        with suppress(OSError):  # another process was first
            draft.rename(corpora / "wordnet")
    return True


def _make_corpora(home: Path) -> Path:
    (home / "corpora").mkdir(parents=True, exist_ok=True)
    _make_private(home)
    return home / "corpora"


def _lexnames() -> str:
    """The file described in lexnames(5WN): number, name and category, separated by tabs."""
    names = [f"{part}.{topic}" for part, topics in LEXNAMES.items() for topic in topics.split()]
    return "".join(
        f"{number:02}\t{name}\t{CATEGORIES[name.split('.')[0]]}\n"
        for number, name in enumerate([*names, LAST_LEXNAME])
    )


def _make_private(folder: Path) -> None:
    """Let only the owner write, whatever the umask: nltk reads nothing that others could change."""
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _download(home: Path) -> bool:
    """Run nltk's downloader, in a process of its own since name lookups know no time limit."""
    _make_corpora(home)
    command = [sys.executable, "-m", "nltk.downloader", "-e", "-d", os.fspath(home), "wordnet"]
    try:
        done = subprocess.run(
            command,
            timeout=DOWNLOAD_SECONDS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def hierarchy(wnids: Iterable[str]) -> dict[str, tuple[list[str], list[str]]]:
    """{wnid: (names, parents' wnids in order)} of the noun synsets given and all above them.

    Parents are hypernyms, WordNet's pointer "@" (wninput(5WN)), followed to the top. For the
    1,000 classes of ImageNet: 1,860 synsets, 1,937 edges, 75 synsets with several parents.
    Raises LookupError if no WordNet is found.
    """
    wordnet = reader()
    if wordnet is None:
        raise LookupError("WordNet not found")
    nodes: dict[str, tuple[list[str], list[str]]] = {}
    waiting = list(wnids)
    while waiting:
        wnid = waiting.pop()
        if wnid not in nodes:
            node = synset(wordnet, wnid)
            names = [name.replace("_", " ") for name in node.lemma_names()]
            nodes[wnid] = (names, sorted(f"n{parent.offset():08}" for parent in node.hypernyms()))
            waiting += nodes[wnid][1]
    return nodes
