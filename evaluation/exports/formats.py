"""The formats that can be ordered, and who reads each."""

from __future__ import annotations

from annotation.exporting.formats import FORMATS
from annotation.exporting.writing import FOLDERS

ABOUT = {
    "parquet": "All that is known, also classes and predictions, as Parquet files: for pandas, DuckDB"
    " and pyarrow; import_dump brings them into another Tusker.",
    "json": "One object with a line for each image, with its verdicts and judgments: for scripts.",
    "csv": "A row for each judgment, and for each class that nobody judged: for spreadsheets and R.",
    "huggingface": "Parquet with class labels, a split for each dataset: load_dataset opens it.",
    "labelstudio": "A task for each image, with what every participant predicted: for Label Studio.",
    "tfds": "What the builder imagenet2012_multilabel of TensorFlow Datasets reads.",
    "real": "The correct classes of the ImageNet validation images alone: for whatever reads ReaL.",
}


def formats() -> dict[str, str]:
    """{name: one line about it} of every format that there is."""
    return {name: ABOUT.get(name, "") for name in sorted([*FORMATS, *FOLDERS], key=_place)}


def _place(name: str) -> int:
    return list(ABOUT).index(name) if name in ABOUT else len(ABOUT)
