"""Running classifiers over datasets, in one process or on many workers."""
