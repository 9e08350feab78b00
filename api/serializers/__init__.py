"""What things look like from outside."""
