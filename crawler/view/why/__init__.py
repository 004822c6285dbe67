"""What limits a crawl, and what would change it: ``crawler trace OUT --why``.

In the order in which it can be read: ``measured.py`` (figures of a trace), ``verdict.py`` (what limits it, by
these), ``street_times.py`` (the recorded service times), ``simulation.py`` on its ``machine.py`` (a small
street that takes them), ``replay.py`` and ``changes.py`` (the crawl again, with other settings).
"""
