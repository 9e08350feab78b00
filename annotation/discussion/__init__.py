"""What reviewers settle together: disputes, problems, and how a verdict came about."""
