"""Floor 8: what is broken on a site, found in the facts of a crawl that is over.

A check is an ordinary crawl. Its parse processes note facts of each page too, and the sink ``facts`` keeps
these in ``facts.db``: see :mod:`crawler.parse.page_facts`, which gathers them from ``references.py``,
``page_css.py`` and ``page_marks.py`` beside it. What stands here runs afterwards, in the main process, asks
no server anything, and may be run again. In the order in which it can be read:

1. ``result.py``: the whole of it, from an output folder to a ``Result``;
2. ``site.py``: ``facts.db``, and the temporary tables beside it, which all SQL here stands on;
3. what fills these: ``answers.py`` (what the server said of each URL), ``fates.py`` (redirects, followed to
   their end), ``references.py`` and ``anchors.py`` (one pass over the references of all pages),
   ``media_types.py``;
4. ``rule.py``, then ``rules/``: a file for each family, the simplest is ``titles.py``; ``causes.py`` applies
   them;
5. ``earlier/``: what was known before, since when it stands, what was not seen often enough;
6. ``finding.py`` and ``grouping.py``: what the rules have found becomes one finding for each cause;
   ``unverified.py`` and ``coverage.py``: what nobody has seen, and why;
7. ``mending/``: where what is dead probably is now;
8. ``verdict.py``: the exit code; ``reports/``: a file or a package for each format.

Of files in a repository: ``source_map.py`` says which one a page was made from, and where in it a fault
stands; ``source_map_asked.py`` is the way in from the settings.
Before the crawl, ``asking.py`` has the settings that every check has. Of folders: ``folder.py``,
``serving.py`` and ``folder_process.py`` serve one, ``copies.py`` makes one page of a file that has several
URLs, ``named.py`` puts file names in the place of URLs.
"""
