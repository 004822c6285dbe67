"""Floor 5: sinks, the writer processes that own them, and the commit protocol between."""
