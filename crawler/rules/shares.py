"""Which node does which part of a crawl: the same answer everywhere, and few moves when nodes come and go.

Rendezvous hashing (Thaler and Ravishankar 1998): each partition goes to the node with which it hashes
highest, so a node that leaves takes nobody else's partitions (shards) with it. With so few partitions its
shares would be uneven, so no node gets more than its share rounded up (bounded loads, Mirrokni, Thorup and
Zadimoghaddam 2018).
"""

from array import array
from collections.abc import Collection

from xxhash import xxh3_64_intdigest


def shares(partitions: int, nodes: Collection[int]) -> list[int]:
    """The node of each partition, by its number. ``nodes`` must not be empty."""
    room = dict.fromkeys(nodes, -(-partitions // len(nodes)))
    owners = []
    for number in range(partitions):
        owner = max(room, key=lambda node: (_weight(number, node), node))
        owners.append(owner)
        room[owner] -= 1
        if not room[owner]:
            del room[owner]
    return owners


def _weight(partition: int, node: int) -> int:
    return xxh3_64_intdigest(array("q", (partition, node)).tobytes())
