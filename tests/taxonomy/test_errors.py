from taxonomy.errors import InputError, InputErrors


def test_names_file_row_and_reason_in_one_line():
    error = InputError("unknown wnid 'n123'", file="/srv/up/labels.csv", row=3)
    assert str(error) == "labels.csv, row 3: unknown wnid 'n123'"


def test_leaves_out_what_is_not_known():
    assert str(InputError("no images")) == "no images"
    assert str(InputError("is empty", file="a.csv")) == "a.csv: is empty"
    assert str(InputError("is empty", row=2)) == "row 2: is empty"


def test_a_reason_of_several_lines_becomes_one():
    assert str(InputError("bad\n\tname", file="a.csv")) == "a.csv: bad name"


def test_many_rows_show_the_first_and_how_many_more():
    rows = [(2, "no key"), (5, "no name"), (9, "no name")]
    error = InputErrors("a.csv", rows)
    assert str(error) == "a.csv, row 2: no key (and 2 more rows)"
    assert error.rows == rows
    assert str(InputErrors("a.csv", rows[:2])) == "a.csv, row 2: no key (and 1 more row)"
    assert str(InputErrors("a.csv", rows[:1])) == "a.csv, row 2: no key"
