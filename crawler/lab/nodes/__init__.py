"""What breaks a crawl that several nodes share, so that it can be seen what is left of it."""
