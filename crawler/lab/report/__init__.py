"""How findings are presented: tables on the terminal, pictures, a page, one JSON object."""
