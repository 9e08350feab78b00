"""Learning the classes: the truth after each answer, what was missed once more, and together."""
