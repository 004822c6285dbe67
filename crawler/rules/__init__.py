"""Floor 1: policy as pure functions. No I/O, no clock, no randomness: `now` and `random` are arguments."""
