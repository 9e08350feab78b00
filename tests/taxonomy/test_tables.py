import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taxonomy.errors import InputError, InputErrors
from taxonomy.tables import read_table


def error_of(path, **kwargs) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, **kwargs)
    return str(caught.value)


def test_rows_come_with_their_line_numbers_and_stripped_values(write):
    path = write("a.csv", "Image_ID, wnid\n x.jpg ,n1\n\ny.jpg,n2\n")
    assert read_table(path, required=["image_id"]) == [
        (2, {"image_id": "x.jpg", "wnid": "n1"}),
        (4, {"image_id": "y.jpg", "wnid": "n2"}),
    ]


def test_a_quoted_line_break_counts_as_a_line_of_the_editor(write):
    path = write("a.csv", 'a,b\r\n"one\r\ntwo",x\r\nlast,y\r\n')
    assert [row.line for row in read_table(path)] == [2, 4]


def test_a_byte_order_mark_is_no_part_of_the_first_column(write):
    path = write("a.csv", "\ufeffname\ncat\n")
    assert read_table(path, required=["name"])[0].values == {"name": "cat"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(write, encoding):
    message = error_of(write("a.csv", "name\ncat\n".encode(encoding)))
    assert message in {
        "a.csv: is UTF-16; save it as UTF-8",
        "a.csv, row 1: holds a NUL byte, so it is not UTF-8 text",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.csv, row 1: is empty"),
        (b"\n\n", "a.csv, row 1: is empty"),
        (b",,\n1,2,3\n", "a.csv, row 1: has no column names"),
        (b"name\n", "a.csv: has no rows"),
        (b"name\ncat\ncaf\xe9\n", "a.csv, row 3: is not UTF-8 (byte 0xe9)"),
        (b"\xef\xbb\xbfname\rcat\rcaf\xe9\r", "a.csv, row 3: is not UTF-8 (byte 0xe9)"),
        (b"name\r\nc\0t\r\n", "a.csv, row 2: holds a NUL byte, so it is not UTF-8 text"),
        (b"name,Name\n1,2\n", "a.csv, row 1: column 'name' occurs twice"),
        (b"title\ncat\n", "a.csv, row 1: column 'name' is missing (found: title)"),
        (
            b"name,b\ncat\ndog,2\nemu,1,2\n",
            "a.csv, row 2: has 1 value, the header has 2 columns (and 1 more row)",
        ),
        (b'name\n"cat\n', "a.csv, row 2: cannot be read as CSV: unexpected end of data"),
    ],
)
def test_bad_tables_say_where_and_why(write, content, message):
    assert error_of(write("a.csv", content), required=["name"]) == message


def test_a_file_that_is_not_there_is_said_to_be(tmp_path):
    assert error_of(tmp_path / "a.csv") == "a.csv: no such file or directory"
    assert error_of(tmp_path, name="b.csv") == "b.csv: is a directory"


def test_one_of_several_columns_is_enough(write):
    path = write("a.csv", "image_id,class_index\nx,1\n")
    assert len(read_table(path, any_of=["wnid", "class_index"])) == 1
    assert error_of(path, any_of=["wnid", "name"]) == (
        "a.csv, row 1: needs one of the columns 'wnid', 'name' (found: image_id, class_index)"
    )


def test_all_short_rows_are_kept_for_a_list_of_errors(write):
    with pytest.raises(InputErrors) as caught:
        read_table(write("a.csv", "a,b\n1\n1,2\n2\n"))
    assert [row for row, _ in caught.value.rows] == [2, 4]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_wrote_comes_back(tmp_path, rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b"], *rows])
    path = tmp_path / "a.csv"
    path.write_bytes(text.getvalue().encode())
    found = [list(row.values.values()) for row in read_table(path)]
    assert found == [[cell.strip() for cell in row] for row in rows]


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_rows_or_one_clear_error(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    lines, message = [2], "a.csv"
    try:
        lines = [row.line for row in read_table(path)]
    except InputError as error:
        message = str(error)
    assert message.startswith("a.csv")
    assert len(message.splitlines()) == 1
    assert lines == sorted(set(lines))
    assert lines[0] >= 2
