"""The labeling guide at the study's size: `python -m benchmarks.guide [--entries 431]`.

Entries about ImageNet's classes with headings, lists, comparisons and pictures, about a page
each, and reference images of every class, in a TUSKER_HOME of its own. Pictures are real
photographs if there are, else drawn ones.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import django
import numpy as np

from benchmarks.measuring import Line, manage, own_home, show, timed

ENTRIES = 431
COMMAND = "python -m benchmarks.guide"
TEXT = """the animal is seen from the side when its head points away look at tail legs and ears
first colour misleads in evening light or under water a handle lid or strap decides what it is
where both could be meant the larger one in front counts young ones have spots that adults lack"""
WORDS = TEXT.split()


def draw_references(scratch: Path, photographs: list[bytes]) -> None:
    """Reference images of every class, as many as an export shows, repeating the photographs."""
    from taxonomy.models import Taxonomy
    from taxonomy.reference.importing import import_reference_images
    from taxonomy.reference.strips import MOST_IMAGES

    taxonomy = Taxonomy.objects.get(name="imagenet1k")
    scratch.mkdir()
    for number, data in enumerate(photographs):
        (scratch / f"{number}.jpg").write_bytes(data)
    keys = taxonomy.classes.order_by("index").values_list("synset__key", flat=True)
    for number, key in enumerate(keys):
        (scratch / "source" / key).mkdir(parents=True)
        for place in range(MOST_IMAGES):
            name = f"{(37 * number + place) % len(photographs)}.jpg"
            os.link(scratch / name, scratch / "source" / key / name)
    import_reference_images(taxonomy, scratch / "source", MOST_IMAGES)


def make_strips() -> Line:
    """What the first export of a guide about every class has to make."""
    from taxonomy.models import Taxonomy
    from taxonomy.reference.strips import strips_of

    taxonomy = Taxonomy.objects.get(name="imagenet1k")
    start = time.perf_counter()
    sizes = [len(data) for _, data in strips_of(taxonomy, range(taxonomy.classes.count()))]
    seconds = time.perf_counter() - start
    size = f"{sum(sizes) / 2**20:.1f} MiB, {max(sizes) / 2**10:.0f} KiB at most"
    return Line(
        f"reference images of {len(sizes)} classes, once", f"{seconds:.1f} s, {size}", COMMAND
    )


def write_guide(entries: int, photographs: list[bytes]) -> int:
    """Entries about one to four classes in turn, so that each class is in some; how many."""
    from accounts.models import User
    from taxonomy.guide.images import add_image
    from taxonomy.guide.writing import Draft, create_entry
    from taxonomy.models import Taxonomy

    taxonomy = Taxonomy.objects.get(name="imagenet1k")
    author, _ = User.objects.get_or_create(username="bench")
    keys = list(taxonomy.classes.order_by("index").values_list("synset__key", "synset__lemmas__0"))
    rng = np.random.default_rng(1)
    pictures = [add_image(taxonomy, data, author) for data in photographs]
    shares = np.array_split(np.arange(len(keys)), entries)
    for number, share in enumerate(shares):
        about = [int(index) for index in share]
        title = ", ".join(keys[index][1] for index in about)
        picture = pictures[number % len(pictures)]
        text = entry_text([keys[index][0] for index in about], f"guide:{picture.uid}", rng)
        create_entry(taxonomy, Draft(title[:200], text, about), author)
    return len(shares)


def entry_text(keys: list[str], picture: str, rng: np.random.Generator) -> str:
    """About 1,600 characters: what decides, a comparison, a picture, what misleads."""

    def words(count: int) -> str:
        return " ".join(rng.choice(WORDS, count)).capitalize()

    sides = "".join(f"{letter}: {key}\n" for letter, key in zip("ABC", keys, strict=False))
    traits = "".join(
        f"{words(1)} {n}: {' | '.join(words(4) for _ in keys[:3])}\n" for n in range(4)
    )
    items = "".join(f"- **{words(2)}**: {words(14)}.\n" for _ in range(4))
    return (
        f"{words(40)}.\n\n## What decides\n\n{items}\n```compare\n{sides}{traits}```\n\n"
        f"![{words(5)}]({picture})\n\n## What misleads\n\n{words(60)} [[{keys[0]}]].\n\n{words(50)}.\n"
    )


def find_photographs(count: int, rng: np.random.Generator) -> list[bytes]:
    from PIL import Image

    from benchmarks.world import real_data

    real = real_data()
    if real is not None:
        files = sorted((real / "images").glob("*.JPEG"))[:count]
        return [file.read_bytes() for file in files]
    drawn = []
    for _ in range(count):
        out = io.BytesIO()
        pixels = rng.integers(0, 255, (38, 50, 3)).astype(np.uint8)
        Image.fromarray(pixels).resize((500, 375)).save(out, "JPEG")
        drawn.append(out.getvalue())
    return drawn


def export(kind: str) -> None:
    """In a process of its own, for its memory: prints {"seconds", "bytes", "pages", "mib"}.

    "mib" is the peak of this process or of the one that sets type, whichever is higher.
    """
    from django.core.files.storage import default_storage

    from taxonomy.guide.exporting import make_export
    from taxonomy.models import Taxonomy

    start = time.perf_counter()
    path = make_export(Taxonomy.objects.get(name="imagenet1k"), kind)
    seconds = time.perf_counter() - start
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(one).ru_maxrss for one in who) / 1024
    with default_storage.open(path) as file:
        data = file.read()
    counts = re.findall(rb"/Type\s*/Pages.{0,40}?/Count (\d+)", data, re.DOTALL)
    pages = max(map(int, counts), default=0)
    print(json.dumps({"seconds": seconds, "bytes": len(data), "pages": pages, "mib": peak}))


def measured_export(kind: str) -> Line:
    command = [sys.executable, "-m", "benchmarks.guide", "--export", kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    got = json.loads(done.stdout.splitlines()[-1])
    pages = f"{got['pages']} pages, " if got["pages"] else ""
    size = f"{got['seconds']:.1f} s, {pages}{got['bytes'] / 2**20:.1f} MiB"
    return Line(f"guide as {kind.upper()}", f"{size}, peak memory {got['mib']:.0f} MiB", COMMAND)


def reading() -> list[Line]:
    """Search, and what a class's panel shows, cold and from the cache."""
    from django.core.cache import cache

    from taxonomy.guide.entries import entries_about
    from taxonomy.guide.searching import search
    from taxonomy.models import Taxonomy

    taxonomy = Taxonomy.objects.get(name="imagenet1k")
    texts = ["tail legs", "crane", "evening light", "stingray", "n", "spots adults", "trombone"]
    found = sorted(timed(lambda text=text: search(taxonomy, text)) for text in texts * 10)  # type: ignore[misc]
    typo = timed(lambda: search(taxonomy, "trombonne"))
    cache.clear()
    classes = list(taxonomy.classes.select_related("taxonomy", "synset").order_by("index")[::10])
    cold = sorted(timed(lambda one=one: entries_about(one)) for one in classes)  # type: ignore[misc]
    warm = sorted(timed(lambda one=one: entries_about(one)) for one in classes)  # type: ignore[misc]
    return [
        Line("guide search", f"{_percentiles(found)}; a typo {typo * 1000:.0f} ms", COMMAND),
        Line("guide entries of a class", f"{_percentiles(warm)}", COMMAND),
        Line("the same, not in the cache", f"{_percentiles(cold)}", COMMAND),
    ]


def _percentiles(seconds: list[float]) -> str:
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"p50 {p50:.1f} ms, p95 {p95:.1f} ms"


def guide(scratch: Path, entries: int = ENTRIES) -> list[Line]:
    """Needs the imagenet1k taxonomy."""
    photographs = find_photographs(entries, np.random.default_rng(0))
    draw_references(scratch / "guide", photographs)
    start = time.perf_counter()
    count = write_guide(entries, photographs)
    seconds = time.perf_counter() - start
    written = Line(
        f"{count} guide entries written", f"{seconds:.1f} s with their pictures", COMMAND
    )
    exports = [make_strips(), measured_export("pdf"), measured_export("html")]
    return [written, *reading(), *exports]


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--export", choices=["pdf", "html"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        export(options.export)
        return
    with own_home() as scratch:
        manage("migrate", "--verbosity", 0)
        manage("load_taxonomy", "imagenet1k", "--json")
        show(guide(scratch, options.entries))


if __name__ == "__main__":
    main()
