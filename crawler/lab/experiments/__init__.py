"""The experiments: a file for each claim about coroutines, threads or processes, put to the test here."""
