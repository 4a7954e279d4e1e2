"""Every key of a swarm (S3). docs/storage.md shows them as a table; a test compares the two.

Heads are under one partition for each organisation, so that a list is one Query. All else of a swarm
is in a partition of its own. What the stream hands on has a sort key that begins with `!`.
"""

from __future__ import annotations

from typing import Final

from chalicelib.store.keys import connection_pk

NODE_PREFIX: Final = "NODE#"
OVERLAY_PREFIX: Final = "OVERLAY#"
BOX_PREFIX: Final = "BOX#"
DUE_PREFIX: Final = "DUE#"
LIFE_PREFIX: Final = "!LIFE#"
DONE_PREFIX: Final = "!DONE#"
EVENT_PREFIX: Final = "!EVENT#"
WATCHER_PREFIX: Final = "SOCKET#"
KIND: Final = "SWARM-EVENTS"
"""Of the indexes' partitions that list events."""


def swarm_pk(org: str, swarm: str) -> str:
    return f"{org}#SWARM#{swarm}"


def swarm_head_key(org: str, swarm: str) -> dict[str, str]:
    return {"pk": f"{org}#SWARMS", "sk": swarm}


def node_key(org: str, swarm: str, node: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": NODE_PREFIX + node}


def overlay_key(org: str, swarm: str, number: int) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{OVERLAY_PREFIX}{number:06d}"}


def life_key(org: str, swarm: str, node: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": LIFE_PREFIX + node}


def memory_key(org: str, swarm: str, node: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"MEMORY#{node}"}


def box_key(org: str, swarm: str, node: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": BOX_PREFIX + node}


def mail_prefix(node: str) -> str:
    return f"!MAIL#{node}#"


def mail_key(org: str, swarm: str, node: str, number: int) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{mail_prefix(node)}{number:010d}"}


def got_key(org: str, swarm: str, node: str, mail: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"GOT#{node}#{mail}"}


def done_key(org: str, swarm: str, node: str, mail: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{DONE_PREFIX}{node}#{mail}"}


def dead_prefix(node: str) -> str:
    return f"DEAD#{node}#"


def dead_key(org: str, swarm: str, node: str, number: int) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{dead_prefix(node)}{number:010d}"}


def out_prefix(node: str) -> str:
    return f"!OUT#{node}#"


def out_key(org: str, swarm: str, node: str, out: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": out_prefix(node) + out}


def due_key(org: str, swarm: str, out: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": DUE_PREFIX + out}


def log_prefix(node: str) -> str:
    return f"!LOG#{node}#"


def log_key(org: str, swarm: str, node: str, at: str, line: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{log_prefix(node)}{at}#{line}"}


def swarm_event_key(org: str, swarm: str, at: str, event: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": f"{EVENT_PREFIX}{at}#{event}"}


def cleared_key(org: str) -> dict[str, str]:
    return {"pk": f"{org}#SWARM-EVENTS", "sk": "CLEARED"}


def watcher_key(org: str, swarm: str, connection: str) -> dict[str, str]:
    return {"pk": swarm_pk(org, swarm), "sk": WATCHER_PREFIX + connection}


def joined_key(connection: str, swarm: str) -> dict[str, str]:
    return {"pk": connection_pk(connection), "sk": f"SWARM#{swarm}"}
