"""The timeline: the traces of one crawl or several as one page of HTML, which loads nothing.

:mod:`crawler.view.timeline.page` puts it together from what :mod:`crawler.view.timeline.bars` takes out of a
trace and the source text that :mod:`crawler.view.timeline.source` finds. ``page.html``, ``page.css`` and the
scripts beside them are what a browser gets; their data is described in ``data.js``.
"""
