"""Whether two visible texts are nearly the same."""

import xxhash


def near_hash(text: str) -> int:
    """A signed 64-bit number; 0 where there is no text."""
    number = xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
    return (number - (1 << 64) if number >= 1 << 63 else number) if text else 0


def are_near(one: int, other: int) -> bool:
    """Whether the texts behind two hashes are nearly the same."""
    return one == other
