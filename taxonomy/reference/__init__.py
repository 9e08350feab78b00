"""Reference images: where they come from, how they are drawn, and the sheets they are shown on."""
