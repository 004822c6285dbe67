"""The fixture site: a bookshop whose back room holds all that is odd on the web."""
