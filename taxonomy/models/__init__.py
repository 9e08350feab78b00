"""What a class is. Rows are written by `taxonomy.loading` unless a model says otherwise."""

from taxonomy.models.groups import ClassGroup
from taxonomy.models.guide import (
    GuideComment,
    GuideEntry,
    GuideImage,
    GuideRevision,
    GuideWish,
)
from taxonomy.models.hierarchy import (
    LabelClass,
    Synset,
    SynsetClosure,
    SynsetEdge,
    Taxonomy,
)
from taxonomy.models.references import ReferenceImage, ReferenceSet, ThumbnailSheets
from taxonomy.models.relations import ClassRelation

__all__ = [
    "ClassGroup",
    "ClassRelation",
    "GuideComment",
    "GuideEntry",
    "GuideImage",
    "GuideRevision",
    "GuideWish",
    "LabelClass",
    "ReferenceImage",
    "ReferenceSet",
    "Synset",
    "SynsetClosure",
    "SynsetEdge",
    "Taxonomy",
    "ThumbnailSheets",
]
