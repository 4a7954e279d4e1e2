"""Every key of the one table. docs/storage.md shows them as a table; a test compares the two.

The first part of every partition key is the organisation, so nothing of one is ever under another's
key. `~` is the platform itself: what has to be found before an organisation is known.
"""

from __future__ import annotations

from typing import Final

from chalicelib.core.instances import outer_path, split

PLATFORM: Final = "~"

RUN_SK: Final = "#RUN"
INPUT_SK: Final = "#INPUT"
OUTPUT_SK: Final = "#OUTPUT"
STEP_PREFIX: Final = "#STEP#"
"""Items whose sort key begins with `#` make up a run's detail, and are what the stream hands on."""
HOOK_PREFIX: Final = "#HOOK#"
GATE_PREFIX: Final = "GATE#"
EVENT_PREFIX: Final = "EVENT#"
SUBSCRIBER_PREFIX: Final = "SOCKET#"
WAIT_PREFIX: Final = "WAIT#"
NODE_PREFIX: Final = "NODE#"
"""Steps of loops' bodies, one for each iteration: no part of a run's detail."""


def run_pk(org: str, run_id: str) -> str:
    return f"{org}#RUN#{run_id}"


def run_key(org: str, run_id: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": RUN_SK}


def input_key(org: str, run_id: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": INPUT_SK}


def output_key(org: str, run_id: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": OUTPUT_SK}


def own_version_key(org: str, run_id: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": "VERSION"}


def step_key(org: str, run_id: str, step: str) -> dict[str, str]:
    own, at = split(step)
    if at:
        return body_key(org, run_id, own, at)
    return {"pk": run_pk(org, run_id), "sk": STEP_PREFIX + step}


def body_key(org: str, run_id: str, step: str, at: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"{NODE_PREFIX}{at}#{step}"}


def body_prefix(loop: str) -> str:
    own, at = split(loop)
    path = outer_path(at)
    return f"{NODE_PREFIX}{own}/{path}/" if path else f"{NODE_PREFIX}{own}/"


def hook_key(org: str, run_id: str, hook: str, step: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"{HOOK_PREFIX}{hook}#{step}"}


def gate_key(org: str, run_id: str, consumer: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": GATE_PREFIX + consumer}


def loop_key(org: str, run_id: str, step: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"LOOP#{step}"}


def item_prefix(step: str) -> str:
    return f"ITEM#{step}#"


def item_key(org: str, run_id: str, step: str, index: int) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"{item_prefix(step)}{index:04d}"}


def budget_key(org: str, run_id: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": "BUDGET"}


def history_key(org: str, run_id: str, execution: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"HISTORY#{execution}"}


def wait_key(org: str, run_id: str, step: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": WAIT_PREFIX + step}


def approval_key(org: str, run_id: str, step: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"APPROVAL#{step}"}


def fence_key(org: str, run_id: str, number: int) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"FENCE#{number:02d}"}


def event_key(org: str, run_id: str, seq: int) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"{EVENT_PREFIX}{seq:08d}"}


def subscriber_key(org: str, run_id: str, connection: str, request: str) -> dict[str, str]:
    return {"pk": run_pk(org, run_id), "sk": f"{SUBSCRIBER_PREFIX}{connection}#{request}"}


def connection_pk(connection: str) -> str:
    return f"{PLATFORM}#SOCKET#{connection}"


def connection_key(connection: str) -> dict[str, str]:
    return {"pk": connection_pk(connection), "sk": "SOCKET"}


def subscription_key(connection: str, run_id: str, request: str) -> dict[str, str]:
    return {"pk": connection_pk(connection), "sk": f"RUN#{run_id}#{request}"}


def workflow_head_key(org: str, name: str) -> dict[str, str]:
    return {"pk": f"{org}#WORKFLOWS", "sk": name}


def workflow_version_key(org: str, name: str, number: int) -> dict[str, str]:
    return {"pk": f"{org}#WORKFLOW#{name}", "sk": f"VERSION#{number:06d}"}


def graph_key(org: str, workflow: str) -> dict[str, str]:
    return {"pk": f"{org}#GRAPHS", "sk": workflow}


def places_key(org: str, workflow: str) -> dict[str, str]:
    return {"pk": f"{org}#WORKFLOW#{workflow}", "sk": "PLACES"}


def queue_pk(org: str, workflow: str) -> str:
    return f"{org}#QUEUE#{workflow}"


def queue_key(org: str, workflow: str, at: str, run_id: str) -> dict[str, str]:
    return {"pk": queue_pk(org, workflow), "sk": f"{at}#{run_id}"}


def trigger_key(org: str, workflow: str, name: str) -> dict[str, str]:
    return {"pk": f"{org}#TRIGGERS#{workflow}", "sk": name}


def firing_key(org: str, workflow: str, trigger: str) -> dict[str, str]:
    return {"pk": f"{org}#FIRED#{workflow}", "sk": trigger}


def claim_key(path: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#HOOK#{path}", "sk": "CLAIM"}


def token_key(name: str, secret_hash: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#TOKEN#{name}", "sk": secret_hash}


def org_token_key(org: str, name: str) -> dict[str, str]:
    return {"pk": f"{org}#TOKENS", "sk": name}


def guesses_key(name: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#TOKEN#{name}", "sk": "GUESSES"}


def org_key(org: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#ORGS", "sk": org}


def user_key(org: str, user_id: str) -> dict[str, str]:
    return {"pk": f"{org}#USERS", "sk": f"ID#{user_id}"}


def user_number_key(org: str, number: int) -> dict[str, str]:
    return {"pk": f"{org}#USERS", "sk": f"NUMBER#{number:010d}"}


def user_count_key(org: str) -> dict[str, str]:
    return {"pk": f"{org}#USERS", "sk": "COUNT"}


def address_key(email: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#USER#{email}", "sk": "USER"}


def password_guesses_key(email: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#USER#{email}", "sk": "GUESSES"}


def subject_key(digest: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#SUBJECT#{digest}", "sk": "USER"}


def sign_in_key(state: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#SIGN-IN#{state}", "sk": "BEGUN"}


def client_secret_key() -> dict[str, str]:
    return {"pk": f"{PLATFORM}#OIDC", "sk": "SECRET"}


def replay_key(org: str, digest: str) -> dict[str, str]:
    return {"pk": f"{org}#REPLAY#{digest}", "sk": "ANSWER"}


def signing_key() -> dict[str, str]:
    return {"pk": f"{PLATFORM}#SIGNING", "sk": "KEYS"}


def revocation_key(at: int, what: str) -> dict[str, str]:
    return {"pk": f"{PLATFORM}#REVOKED", "sk": f"{at:013d}#{what}"}


def model_key(org: str, name: str) -> dict[str, str]:
    return {"pk": f"{org}#MODELS", "sk": name}


def secret_key(org: str, name: str) -> dict[str, str]:
    return {"pk": f"{org}#SECRETS", "sk": name}


def metrics_key(org: str, series: str) -> dict[str, str]:
    return {"pk": f"{org}#METRICS", "sk": series}


def allowance_key(org: str) -> dict[str, str]:
    return {"pk": f"{org}#UNITS", "sk": "ALLOWANCE"}


def rate_key(owner: str, who: str, name: str, window: int) -> dict[str, str]:
    return {"pk": f"{owner}#RATE#{who}", "sk": f"{name}#{window}"}


def shard_of(run_id: str, shards: int) -> int:
    """Which of an index's shards a run is listed in (1 locally; more where one organisation is hot)."""
    import zlib

    return zlib.crc32(run_id.encode()) % shards


def listing(org: str, kind: str, value: str, shard: int) -> str:
    """Partition key of an index: `<org>#<kind>#<value>#<shard>`."""
    return f"{org}#{kind}#{value}#{shard}"
