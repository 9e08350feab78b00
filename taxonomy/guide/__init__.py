"""The labeling guide: what tells classes apart, written by everybody who labels."""
