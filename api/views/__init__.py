"""The endpoints. Each parses, calls the function that the page or command calls too, and answers."""
