"""``crawler lab internet``: any number of hosts behind a proxy, and a witness of how they are asked.

Nothing of this internet is stored: what each URL is answered follows from a seed, and so does how each of
them must end in a right crawl. Begin with ``world`` (what there is); ``truth`` says what a crawl of it must
record and judges one, ``answers`` writes the bytes, ``ledger`` is the witness, ``proxy`` serves it all.
"""
