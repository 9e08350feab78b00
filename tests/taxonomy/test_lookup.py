import pytest

from taxonomy.loading import load_csv
from taxonomy.lookup import class_lookup
from taxonomy.models import Taxonomy

pytestmark = pytest.mark.django_db

TWINS = """\
key,names,definition
n02012849,crane,bird
n03126707,crane,machine
n02113186,Cardigan|Cardigan Welsh corgi,dog
n02963159,cardigan,garment
n03710637,maillot,tights
n03710721,maillot|tank suit,swimsuit
"""


@pytest.fixture
def lookup(write):
    load_csv(write("twins.csv", TWINS))
    return class_lookup(Taxonomy.objects.get())


def test_finds_classes_by_key_index_and_name(lookup):
    assert lookup.by_key("n03126707") == 1
    assert lookup.by_index("5") == 5
    assert lookup.by_name("tank suit") == 5
    assert lookup.by_name("tank_suit") == 5
    assert lookup.by_name("CARDIGAN WELSH CORGI") == 2


def test_case_tells_the_dog_from_the_garment(lookup):
    assert lookup.by_name("Cardigan") == 2
    assert lookup.by_name("cardigan") == 3


@pytest.mark.parametrize(
    ("how", "text", "message"),
    [
        ("by_key", "n123", "unknown wnid 'n123'"),
        ("by_index", "6", "class index 6 is not among 0 to 5"),
        ("by_index", "9" * 5000, f"class index {'9' * 30}… is not among 0 to 5"),
        ("by_index", "-1", "class index '-1' is not a whole number from 0 on"),
        ("by_index", "²", "class index '²' is not a whole number from 0 on"),
        ("by_name", "emu", "unknown class name 'emu'"),
        ("by_name", "crane", "class name 'crane' means any of the classes [0, 1]; use the wnid"),
        (
            "by_name",
            "CARDIGAN",
            "class name 'CARDIGAN' means any of the classes [2, 3]; use the wnid",
        ),
    ],
)
def test_says_why_a_text_is_no_class(lookup, how, text, message):
    with pytest.raises(ValueError, match=r"class|wnid") as caught:
        getattr(lookup, how)(text)
    assert str(caught.value) == message


def test_costs_one_query(lookup, django_assert_num_queries):
    taxonomy = Taxonomy.objects.get()
    with django_assert_num_queries(1):
        assert class_lookup(taxonomy) == lookup
