"""Makes `data/imagenet1k.csv`: python -m taxonomy.make_imagenet1k < wnids.txt > imagenet1k.csv

The input is the 1,000 wnids in the order of the class index; WordNet 3.0 must be at hand.
"""

import csv
import io
import os
import sys
from collections.abc import Sequence

from taxonomy import wordnet


def table(wnids: Sequence[str]) -> str:
    """The classes in order, then everything above them by wnid, in the format of `load_csv`."""
    nodes = wordnet.hierarchy(wnids)
    inner = sorted(set(nodes) - set(wnids))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["index", "key", "names", "parents"])
    for index, wnid in [*enumerate(wnids), *(("", wnid) for wnid in inner)]:
        names, parents = nodes[wnid]
        writer.writerow([index, wnid, "|".join(names), "|".join(parents)])
    return text.getvalue()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.stdout.write(table(sys.stdin.read().split()))
