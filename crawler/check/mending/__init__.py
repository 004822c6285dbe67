"""Where what is dead probably is now: rules of thumb, each as sure as it was right where it was measured.

In the order in which it can be read: ``rules_of_thumb.py``, the rules and their figures; ``mend.py``, the way
in; ``dead.py``, what is looked after. What is known of it comes from ``look.py``, one pass over the present
site, and from ``history.py`` and ``before.py``, the earlier crawls, by what ``spots.py`` and ``told.py`` say
of paths and pages. ``pages.py``, ``folders.py`` and ``sections.py`` are the rules.
"""
