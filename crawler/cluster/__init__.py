"""Floor 7: what crawls shared by several nodes need beside the nodes' own crawl.

``embedded_process`` gives a PostgreSQL to whoever has none: the demo, the tests, the chaos run.
"""
