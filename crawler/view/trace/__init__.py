"""What a trace says, in words and tables: ``crawler trace``.

:mod:`crawler.view.trace.stages` follows each URL from stage to stage; the slowest ones and one URL's life are
made from that, and :mod:`crawler.view.trace.telling` says what was asked for.
"""
