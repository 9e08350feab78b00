"""The page that draws the hierarchy of a taxonomy."""
