"""Floor 6: HTTP. A ticket goes in; a page, an outcome or a retry comes out."""
