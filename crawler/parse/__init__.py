"""Floor 5: what runs inside the parse processes, and the pool around them."""
