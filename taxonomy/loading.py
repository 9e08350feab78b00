"""Taxonomies into the database: whole or not at all, and twice is the same as once."""

from pathlib import Path
from typing import TypedDict

from django.db import connection, transaction

from taxonomy import wordnet
from taxonomy.bulk import analyze
from taxonomy.class_list import ClassList, read_class_list
from taxonomy.classes import refresh_content_hash
from taxonomy.errors import InputError
from taxonomy.groups import PREDEFINED, group_masks, make_predefined
from taxonomy.groups.families import make_families
from taxonomy.models import ClassGroup, ClassRelation, LabelClass, Synset, SynsetEdge, Taxonomy
from taxonomy.progress import Progress, quiet
from taxonomy.relations.proposals import propose

IMAGENET1K = "imagenet1k"
IMAGENET1K_FILE = Path(__file__).parent / "data" / "imagenet1k.csv"

# Everything is its own ancestor; UNION drops what is reached on two ways.
CLOSURE = """
    WITH RECURSIVE above (ancestor, descendant) AS (
        SELECT id, id FROM taxonomy_synset WHERE taxonomy_id = %(taxonomy)s
        UNION
        SELECT edge.parent_id, above.descendant
        FROM above JOIN taxonomy_synsetedge edge ON edge.child_id = above.ancestor
    ), gone AS (
        DELETE FROM taxonomy_synsetclosure link USING taxonomy_synset synset
        WHERE synset.id = link.descendant_id AND synset.taxonomy_id = %(taxonomy)s
          AND NOT EXISTS (SELECT FROM above WHERE above.ancestor = link.ancestor_id
                          AND above.descendant = link.descendant_id)
    )
    INSERT INTO taxonomy_synsetclosure (ancestor_id, descendant_id)
    SELECT ancestor, descendant FROM above ON CONFLICT DO NOTHING
"""


class Loaded(TypedDict):
    """What is in a taxonomy after loading it; `new` counts the classes that were not before, and
    `proposals` the relations between classes that wait for somebody to decide."""

    taxonomy: str
    classes: int
    synsets: int
    edges: int
    definitions: int
    groups: dict[str, int]
    families: int
    proposals: int
    new: int


def load_imagenet1k(progress: Progress = quiet) -> Loaded:
    """Load the 1,000 classes of ImageNet (ILSVRC 2012) and the WordNet hierarchy above them.

    Definitions come from WordNet if one is found (see `wordnet.reader`); loading again later
    fills in what is missing.
    """
    content = read_class_list(IMAGENET1K_FILE)
    defined = Synset.objects.filter(taxonomy__name=IMAGENET1K).exclude(definition="")
    if missing := set(content.nodes) - set(defined.values_list("key", flat=True)):
        progress("looking up definitions", 0, len(missing))
        content = content.with_definitions(wordnet.definitions(missing))
        progress("looking up definitions", len(missing), len(missing))
    return store(IMAGENET1K, content, progress)


def load_csv(path: str | Path, name: str | None = None, progress: Progress = quiet) -> Loaded:
    """Load a class list of one's own, by default under the file's stem.

    For the columns and the errors of the file see `class_list.read_class_list`. Loading a changed
    file updates names, definitions and parents and appends classes; InputError if it takes a
    class away or gives an index to another class, since predictions are stored by index.
    """
    return store(name or Path(path).stem, read_class_list(path), progress)


@transaction.atomic
def store(name: str, content: ClassList, progress: Progress = quiet) -> Loaded:
    """Make the taxonomy `name` equal to `content`; see `load_csv` for what cannot change."""
    if not 0 < len(name) <= 100:
        raise InputError("a taxonomy's name has 1 to 100 characters", file=content.file)
    Taxonomy.objects.get_or_create(name=name)
    taxonomy = Taxonomy.objects.select_for_update().get(name=name)
    _check_classes(taxonomy, content)
    ids = _store_synsets(taxonomy, content)
    progress("storing", 1, 4)
    _store_edges(taxonomy, content, ids)
    progress("storing", 2, 4)
    analyze("taxonomy_synset", "taxonomy_synsetedge")
    with connection.cursor() as cursor:
        cursor.execute(CLOSURE, {"taxonomy": taxonomy.pk})
    new = _store_classes(taxonomy, content, ids)
    analyze("taxonomy_synsetclosure", "taxonomy_labelclass")
    make_predefined(taxonomy)
    if name == IMAGENET1K:
        make_families(taxonomy)
    propose(taxonomy)
    analyze("taxonomy_classrelation", "taxonomy_classgroup_members")
    progress("storing", 3, 4)
    refresh_content_hash(taxonomy)
    progress("storing", 4, 4)
    return _loaded(taxonomy, new)


def _check_classes(taxonomy: Taxonomy, content: ClassList) -> None:
    """Raise InputError if a class that is stored has gone or moved."""
    given = {node.key: node for node in content.classes}
    hint = f"load it under another name than '{taxonomy.name}'"
    for key, index in taxonomy.classes.values_list("synset__key", "index"):
        if key not in given:
            raise InputError(f"class {index} '{key}' is missing; {hint}", file=content.file)
        if given[key].index != index:
            reason = f"'{key}' is class {index}, not {given[key].index}; {hint}"
            raise InputError(reason, file=content.file, row=given[key].line)


def _store_synsets(taxonomy: Taxonomy, content: ClassList) -> dict[str, int]:
    """Create, update and delete synsets; {key: primary key}."""
    stored = {synset.key: synset for synset in taxonomy.synsets.all()}
    new, changed = [], []
    for node in content.nodes.values():
        synset = stored.pop(node.key, None)
        lemmas = list(node.names)
        if synset is None:
            new.append(
                Synset(taxonomy=taxonomy, key=node.key, lemmas=lemmas, definition=node.definition)
            )
        elif synset.lemmas != lemmas or node.definition not in ("", synset.definition):
            synset.lemmas = lemmas
            synset.definition = node.definition or synset.definition
            changed.append(synset)
    if stored:
        _check_roots(taxonomy, set(stored), content.file)
        Synset.objects.filter(pk__in=[synset.pk for synset in stored.values()]).delete()
    Synset.objects.bulk_create(new)
    Synset.objects.bulk_update(changed, ["lemmas", "definition"], batch_size=1000)
    return dict(taxonomy.synsets.values_list("key", "pk"))


def _check_roots(taxonomy: Taxonomy, gone: set[str], file: str) -> None:
    """Raise InputError if a group that somebody made is of what is under one of these nodes."""
    made = taxonomy.groups.filter(root__key__in=gone).exclude(name__in=dict(PREDEFINED))
    for name, key in made.values_list("name", "root__key"):
        reason = f"node '{key}' is missing, and the group '{name}' is what is under it"
        raise InputError(f"{reason}; change or delete the group first", file=file)


def _store_edges(taxonomy: Taxonomy, content: ClassList, ids: dict[str, int]) -> None:
    edges = SynsetEdge.objects.filter(child__taxonomy=taxonomy)
    stored = {
        (parent, child): pk for pk, parent, child in edges.values_list("pk", "parent", "child")
    }
    wanted = {(ids[parent], ids[child]): None for parent, child in content.edges}
    if gone := [pk for edge, pk in stored.items() if edge not in wanted]:
        SynsetEdge.objects.filter(pk__in=gone).delete()
    SynsetEdge.objects.bulk_create(
        SynsetEdge(parent_id=parent, child_id=child)
        for parent, child in wanted
        if (parent, child) not in stored
    )


def _store_classes(taxonomy: Taxonomy, content: ClassList, ids: dict[str, int]) -> int:
    """Create the classes that are not there yet; how many."""
    stored = taxonomy.classes.count()
    new = [
        LabelClass(taxonomy=taxonomy, index=index, synset_id=ids[node.key])
        for index, node in enumerate(content.classes)
        if index >= stored
    ]
    return len(LabelClass.objects.bulk_create(new))


def _loaded(taxonomy: Taxonomy, new: int) -> Loaded:
    return Loaded(
        taxonomy=taxonomy.name,
        classes=taxonomy.classes.count(),
        synsets=taxonomy.synsets.count(),
        edges=SynsetEdge.objects.filter(child__taxonomy=taxonomy).count(),
        definitions=taxonomy.synsets.exclude(definition="").count(),
        groups={name: int(mask.sum()) for name, mask in group_masks(taxonomy).items()},
        families=taxonomy.groups.filter(kind=ClassGroup.Kind.FAMILY).count(),
        proposals=taxonomy.relations.filter(state=ClassRelation.State.PROPOSED).count(),
        new=new,
    )
