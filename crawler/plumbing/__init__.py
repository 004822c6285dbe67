"""Floor 4: thin wrappers of one primitive each. Nothing here knows what a URL is."""
