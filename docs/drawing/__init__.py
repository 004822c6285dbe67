"""The drawings of the documentation: each in two shapes, wide and narrow, and in two languages."""
