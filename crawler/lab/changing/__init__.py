"""A site that changes: five stages of it, made from a seed, and a manifest of all that is different."""
