"""Where ``Refresh: 0; url=/there`` leads: HTML's "shared declarative refresh steps" (§ 4.2.5.3, § 7.4.6).

The same text stands in a header and in ``<meta http-equiv=refresh content>``. However long it waits, it is
a link.
"""

import re

_TIME = re.compile(r"[\t\n\f\r ]*+(?:[0-9]++|(?=\.))[0-9.]*+(?=[;,\t\n\f\r ])[\t\n\f\r ]*+[;,]?[\t\n\f\r ]*+")
_URL = re.compile(r"url[\t\n\f\r ]*=[\t\n\f\r ]*", re.IGNORECASE)


def target(text: str) -> str | None:
    """The href that ``text`` leads to after a while; None where it names none, or is no refresh at all."""
    time = _TIME.match(text)
    if time is None:
        return None
    href = text[time.end() :]
    if name := _URL.match(href):
        href = href[name.end() :]
    elif not href:
        return None  # the same page again
    return href[1:].partition(href[0])[0] if href.startswith(("'", '"')) else href
