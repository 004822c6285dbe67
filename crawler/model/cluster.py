"""How a folder says that the crawl in it is shared by several nodes, and how that goes on."""

import json
import shlex

CLUSTER_FILE = "cluster.json"
"""In OUT: which crawl it is, as a JSON object with ``frontier``, a URL without password, and ``name``."""
CLUSTER_ENTRY = "cluster"
"""The same as an entry of ``meta`` in a ``crawl.db`` that was gathered from the nodes' database."""

NODES_ENTRY = "nodes"
"""Another entry there: every incarnation of a node, as a JSON array of objects."""
DISCOVERED_ENTRY = "discovered"
"""Another: URLs ever taken in, by the count that is kept beside the URLs themselves."""


def node_command(cluster: str, out: str) -> str:
    """The command with which a node goes on with the crawl that ``cluster`` names, in JSON as above."""
    try:
        told = dict(json.loads(cluster))
    except (TypeError, ValueError):  # somebody wrote into it: the user knows
        told = {}
    frontier, name = (str(told.get(key) or key.upper()) for key in ("frontier", "name"))
    return shlex.join(("crawler", "node", "--frontier", frontier, "--name", name, "-o", out))
