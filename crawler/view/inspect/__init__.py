"""One page under the glass: ``crawler inspect``.

:mod:`crawler.view.inspect.asking` asks for it by the way that a crawl takes, with a backend that is watched;
:mod:`crawler.view.inspect.page_seen` parses it; what was decided is an
:class:`crawler.view.inspect.inspection.Inspection`, which becomes JSON or words.
"""
