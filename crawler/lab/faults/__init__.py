"""The hostile site: what is wrong with each of its addresses, and what a correct crawler records of it."""
