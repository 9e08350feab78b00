"""The study that this software follows: its released file, and its tables from its own data."""
