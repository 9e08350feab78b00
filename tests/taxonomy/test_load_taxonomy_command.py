import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from taxonomy.models import Taxonomy

pytestmark = pytest.mark.django_db


def run(*args: str) -> str:
    out = StringIO()
    call_command("load_taxonomy", *args, stdout=out)
    return out.getvalue()


def test_json_is_the_last_line():
    result = json.loads(run("imagenet1k", "--json").splitlines()[-1])
    assert result["taxonomy"] == "imagenet1k"
    assert (result["classes"], result["synsets"], result["edges"]) == (1000, 1860, 1937)
    assert result["groups"]["organisms"] == 410
    assert result["new"] == 1000


def test_a_csv_file_is_named_after_itself_or_as_asked(write):
    path = str(write("pets.csv", "name\ncat\n"))
    run(path)
    run(path, "--name", "mine")
    assert set(Taxonomy.objects.values_list("name", flat=True)) == {"pets", "mine"}


def test_plain_text_says_what_is_there_now(write):
    text = run(str(write("pets.csv", "name\ncat\n")))
    assert "pets: 1 classes (1 new), 1 synsets, 0 edges, 0 definitions" in text
    assert "all 1" in text


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["nowhere.csv"], "nowhere.csv: no such file or directory"),
        (["imagenet1k", "--name", "x"], "--name goes with a CSV file, not with imagenet1k"),
    ],
)
def test_bad_input_is_one_line_and_an_error(args, message):
    with pytest.raises(CommandError) as caught:
        run(*args)
    assert str(caught.value) == message
    assert not Taxonomy.objects.exists()
