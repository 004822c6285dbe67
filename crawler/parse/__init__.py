"""Floor 6: what runs inside the parse processes, and the pool around them.

In the order in which it can be read:

1. around the work, in the main process: ``parse_task.py`` (the station), ``parse_pool.py``,
   ``single_worker_pool.py`` with ``parser_death.py``, or ``executor_pool.py`` on the other models;
2. in the child: ``parser_process.py``, which hands each page to ``work.py``;
3. a page: ``html.py`` with ``links.py`` and ``visible_text.py``;
4. the user's function: ``extract.py``, ``extract_page.py``, ``elements.py``, ``captured_output.py``;
5. what is no page: ``other_purposes.py``; ``sitemap.py`` with ``sitemap_xml.py`` and ``sitemap_damaged.py``;
6. only for a check: ``page_facts.py``, which gathers all that is noted of a page, from ``references.py``,
   ``page_css.py``, ``page_marks.py`` and ``element_places.py``; ``noted.py`` makes URLs of it.
"""
