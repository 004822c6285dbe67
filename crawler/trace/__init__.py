"""Floor 2: what the program says about itself: counters, and what each worker is doing, and since when."""
