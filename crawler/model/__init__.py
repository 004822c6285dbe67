"""Floor 0: what travels down the street. Imports nothing of the project."""
