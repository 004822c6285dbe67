"""Floor 8: what is different between two crawls."""
