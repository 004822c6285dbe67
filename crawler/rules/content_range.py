"""Whether an answer is a part of a page or all of it (RFC 9110 §14.4).

The crawler asks for whole pages only, but caches and servers that are wrong send parts all the same,
and a part that is taken for the page hides the links of the rest.
"""

import re

_BYTES = re.compile(r"\s*bytes\s+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})\s*", re.IGNORECASE | re.ASCII)


def is_part(content_range: str | None) -> bool:
    """True where a 206's Content-Range header does not say that it holds everything.

    Without that header nothing says that anything is missing, so the answer counts as whole.
    """
    if content_range is None:
        return False
    match = _BYTES.fullmatch(content_range)
    return match is None or (int(match[1]), int(match[2]) + 1) != (0, int(match[3]))
