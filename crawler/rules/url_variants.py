"""URLs that people take for one another: the same but for a slash, a scheme, a ``www.``, …."""

import re
from itertools import product

from crawler.rules.urls import normalised, resolve

_INDEX = re.compile(r"/(?:index|default)\.\w{2,5}$")


def variants(url: str) -> dict[str, str]:
    """Serialised URLs that differ a little from the serialised ``url``, each with what is other in it."""
    scheme, _, rest = url.partition("://")
    host, slash, tail = rest.partition("/")
    path, mark, query = f"{slash}{tail}".partition("?")
    schemes = {scheme: "", _other(scheme): f"by {_other(scheme)}"}
    bare = host.removeprefix("www.")
    hosts = {
        host: "",
        f"www.{host}" if bare == host else bare: "with www." if bare == host else "without www.",
    }
    paths = {path: ""}
    if path != "/":
        slashed = path.endswith("/")
        paths[path[:-1] if slashed else f"{path}/"] = (
            "without the slash at its end" if slashed else "with a slash at its end"
        )
    if (plain := _INDEX.sub("/", path)) != path:
        paths[plain] = "without the name of the folder's index"
    elif path.endswith("/"):
        paths[f"{path}index.html"] = "with the name of the folder's index"
    if path.lower() != path:
        paths[path.lower()] = "in lower case"
    queries = {f"{mark}{query}": ""} | ({"": "without its query"} if mark else {})
    found: dict[str, str] = {}
    for each in product(schemes, hosts, paths, queries):
        made = resolve(f"{each[0]}://{''.join(each[1:])}")
        words = filter(None, (schemes[each[0]], hosts[each[1]], paths[each[2]], queries[each[3]]))
        if made is not None and made != url:
            found.setdefault(made, ", ".join(words))
    if (normal := normalised(url)) != url:
        found.setdefault(normal, "in the normal form of RFC 3986")
    return found


def _other(scheme: str) -> str:
    return "http" if scheme == "https" else "https"
