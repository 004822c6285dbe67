"""Floor 6: the writer processes, one for each sink, and the commit protocol between."""
