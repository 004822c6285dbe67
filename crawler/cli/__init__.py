"""Floor 9: the commands. Each parses its arguments, calls one function and prints."""
