"""What earlier checks of a site, and its baseline, make of what one has found.

- ``crawls.py``: which checks there were before this one;
- ``names.py``: what goes by the same name in all of them;
- ``standing.py`` and ``standing_file.py``: since when each cause stands; a small file in OUT keeps it, so
  that only the check before has to be read;
- ``held_back.py``: faults of other sites that were not seen often enough;
- ``baseline.py`` and ``baseline_file.py``: what is known, and does not count;
- ``asked.py``: what of all this cannot work is said before the crawl.
"""
