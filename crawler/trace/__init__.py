"""Floor 3: what the program says about itself: counters, and who is doing what since when."""
