"""Floor 8: the commands. Each parses its arguments, calls one function and prints."""
