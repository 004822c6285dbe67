"""Floor 8: the records of a crawl once more, in another format."""
