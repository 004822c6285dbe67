"""Values as people read them, in tables and sentences."""


def ms(seconds: float, digits: int = 0) -> str:
    """Seconds in milliseconds: 0.0123 is 12, or 12.3 with one digit."""
    return f"{seconds * 1e3:,.{digits}f}"


def megabytes(size: float, digits: int = 0) -> str:
    """Bytes in millions: 1,500,000 is 1.5 with one digit."""
    return f"{size / 1e6:,.{digits}f}"


def size_name(size: int) -> str:
    """A size that is a power of two: 64 B, 16 KiB, 4 MiB."""
    power = 2 if size >= 1 << 20 else 1 if size >= 1 << 10 else 0
    return f"{size >> 10 * power} {('B', 'KiB', 'MiB')[power]}"


def yes_or_no(answer: object) -> str:
    """Whether it is so."""
    return "yes" if answer else "no"
