"""The formats that can be ordered, and who reads each."""

from __future__ import annotations

ABOUT = {
    "parquet": "All that is known, a Parquet file per table: for pandas, DuckDB and pyarrow;"
    " import_dump brings it into an empty Tusker.",
    "json": "The same as one object, with a line for each image: for scripts; import_dump reads it too.",
    "csv": "The same in files for spreadsheets and R, judgments beside what is held of each class.",
    "huggingface": "Parquet with class labels, a split for each dataset: load_dataset opens it.",
    "fiftyone": "An image each with what is held and what everybody predicted: for FiftyOne.",
    "labelstudio": "A task for each image, with what every participant predicted: for Label Studio.",
    "tfds": "What the builder imagenet2012_multilabel of TensorFlow Datasets reads.",
    "real": "The correct classes of the ImageNet validation images alone: for whatever reads ReaL.",
}
