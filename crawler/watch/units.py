"""Numbers as people read them."""


def size(count: float) -> str:
    """Bytes with a binary unit: ``512 B``, ``1.5 KiB``, ``32.0 MiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def clock(seconds: float) -> str:
    """Elapsed time as a clock shows it: ``0:00:07``, ``1:02:03``."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def age(seconds: float) -> str:
    """How long something has taken so far: ``0.3 s``, ``42 s``, ``7 min``, ``3 h``, ``2 days``."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"


def per_second(rate: float) -> str:
    """A rate without its unit: ``0.4``, ``412``, ``1,234``."""
    return f"{rate:.1f}" if rate < 99.95 else f"{rate:,.0f}"
