"""Floor 7: what is broken on a site, found in the facts of a crawl that is over."""
