"""What a class is. Rows are written by `taxonomy.loading` unless a model says otherwise."""

from taxonomy.models.groups import ClassGroup
from taxonomy.models.hierarchy import (
    LabelClass,
    Synset,
    SynsetClosure,
    SynsetEdge,
    Taxonomy,
)
from taxonomy.models.references import ReferenceImage, ReferenceSet, ThumbnailSheets

__all__ = [
    "ClassGroup",
    "LabelClass",
    "ReferenceImage",
    "ReferenceSet",
    "Synset",
    "SynsetClosure",
    "SynsetEdge",
    "Taxonomy",
    "ThumbnailSheets",
]
