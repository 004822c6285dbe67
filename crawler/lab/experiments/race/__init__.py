"""The race: one crawl under every model. Each model is a file to be read; ``race`` runs and compares them."""
