"""The documentation, and what makes the generated pages of it."""
