"""The live page of a crawl, and the same page on one that is over.

``live_thread.py`` serves it while the crawl runs, ``history_server.py`` afterwards; what both answer is in
``server.py``, who may ask for it in ``guard.py``, and what a viewer is sent in ``events.py``. The page itself
is ``index.html`` with its script and style.
"""
