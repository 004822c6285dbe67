"""Floor 3: thin wrappers of one primitive each. Nothing here knows what a URL is."""
