"""Why a URL is, or is not, in a crawl: ``crawler explain``.

:mod:`crawler.view.explain.explaining` looks it up; of one that is not there ``kept_out.py`` finds the first
rule that keeps it out, and ``nearest.py`` what is there in its stead.
"""
