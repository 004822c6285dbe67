"""Floor 7: the fixture site and what is measured on it."""
