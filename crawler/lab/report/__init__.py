"""What is made of findings: tables on the terminal, pictures, a page, one JSON object."""
