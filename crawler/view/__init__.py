"""Floor 8: pages and words for people: the live page, the timeline, and what a trace says.

What stands here only reads: the pictures that a crawl publishes of itself
(:mod:`crawler.watch.picture`), and the trace that it left (:mod:`crawler.trace.recorded`). Nothing below
imports it. What may be done to a crawl from its page are verbs of the engine; who starts the crawl gives them
to the page.
"""
