import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxonomy.class_list import read_class_list
from taxonomy.errors import InputError, InputErrors


def error_of(path) -> str:
    with pytest.raises(InputError) as caught:
        read_class_list(path)
    return str(caught.value)


def test_names_alone_make_a_class_list(write):
    classes = read_class_list(write("pets.csv", "name\ncat\ndog\n")).classes
    assert [(c.index, c.key, c.names) for c in classes] == [
        (0, "cat", ("cat",)),
        (1, "dog", ("dog",)),
    ]


def test_several_names_are_split_and_the_first_is_the_key(write):
    (found,) = read_class_list(write("a.csv", "names\ncat | house cat;moggy|cat\n")).classes
    assert found.key == "cat"
    assert found.names == ("cat", "house cat", "moggy")


def test_the_index_decides_the_order_and_rows_without_one_are_only_parents(write):
    content = read_class_list(
        write(
            "a.csv", "index,key,name,parents,definition\n1,d,dog,m,barks\n,m,mammal,,\n0,c,cat,m,\n"
        )
    )
    assert [c.key for c in content.classes] == ["c", "d"]
    assert content.nodes["m"].index is None
    assert content.nodes["d"].definition == "barks"
    assert content.edges == [("m", "d"), ("m", "c")]


def test_without_keys_a_parent_needs_no_row(write):
    content = read_class_list(write("a.csv", "name,parents\npug,dog|toy\ncat,\n"))
    assert set(content.nodes) == {"pug", "cat", "dog", "toy"}
    assert [c.key for c in content.classes] == ["pug", "cat"]


def test_twins_may_share_a_name_if_something_tells_them_apart(write):
    text = "key,name,definition\na,crane,a bird\nb,crane,a machine\n"
    assert len(read_class_list(write("a.csv", text)).classes) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("key\nx\n", "row 1: needs one of the columns 'name', 'names' (found: key)"),
        ("name,names\na,b\n", "row 1: column 'names' occurs twice under two names"),
        ("name\ncat\n|;\n", "row 3: has no name"),
        ("key,name\n,cat\n", "row 2: 'cat' has no key"),
        (f"name\n{'x' * 201}\n", f"row 2: key '{'x' * 20}…' is longer than 200 characters"),
        (
            f"name,parent\ncat,{'x' * 201}\n",
            f"row 2: key '{'x' * 20}…' is longer than 200 characters",
        ),
        ("name\ncat\ndog\ncat\n", "row 4: key 'cat' occurs twice (first in row 2)"),
        ("key,name\nk,cat\nk,dog\n", "row 3: key 'k' occurs twice (first in row 2)"),
        ("index,name\n0,cat\n0,dog\n", "row 3: index 0 occurs twice (first in row 2)"),
        (
            "key,name\na,crane\nb,crane\n",
            "row 3: 'crane' has the names, definition and parents of another class"
            " (first in row 2)",
        ),
        ("index,name\n-1,cat\n", "row 2: index '-1' is not a whole number from 0 on"),
        ("index,name\n1.0,cat\n", "row 2: index '1.0' is not a whole number from 0 on"),
        ("index,name\n0,cat\n2,dog\n", "index 1 is missing: 2 classes need 0 to 1"),
        ("index,name\n,cat\n", "has no classes: every index is empty"),
        ("key,name,parents\na,cat,zz\n", "row 2: parent 'zz' of 'a' has no row"),
        ("name,parents\ncat,cat\n", "row 2: parents run in a circle: cat > cat"),
    ],
)
def test_a_contradictory_list_says_where_and_why(write, text, message):
    where = ", " if message.startswith("row") else ": "
    assert error_of(write("a.csv", text)) == f"a.csv{where}{message}"


def test_a_circle_of_parents_is_shown(write):
    message = error_of(write("a.csv", "name,parents\na,b\nb,c\nc,a\n"))
    assert message.startswith("a.csv, row ")
    circle = message.partition("circle: ")[2].split(" > ")
    assert circle[0] == circle[-1]
    assert set(circle) == {"a", "b", "c"}


def test_every_bad_row_is_listed(write):
    with pytest.raises(InputErrors) as caught:
        read_class_list(write("a.csv", "index,name\nx,cat\n0,dog\ny,emu\n"))
    assert [row for row, _ in caught.value.rows] == [2, 4]


@st.composite
def parent_graphs(draw):
    size = draw(st.integers(1, 8))
    return [draw(st.sets(st.integers(0, size - 1), max_size=3)) for _ in range(size)]


def has_circle(parents: list[set[int]]) -> bool:
    """By definition: some node reaches itself."""
    reach = [set(above) for above in parents]
    for _ in parents:
        reach = [above.union(*(reach[node] for node in above)) for above in reach]
    return any(node in above for node, above in enumerate(reach))


@given(parent_graphs())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_exactly_the_graphs_with_a_circle_are_refused(tmp_path, parents):
    rows = [f"c{node},{'|'.join(f'c{p}' for p in above)}" for node, above in enumerate(parents)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["name,parents", *rows]))
    if has_circle(parents):
        assert "circle" in error_of(path)
    else:
        edges = {(f"c{p}", f"c{node}") for node, above in enumerate(parents) for p in above}
        assert set(read_class_list(path).edges) == edges
