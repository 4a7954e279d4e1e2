"""The first organisation of a stage, its admin, and a token: what has to exist before any API call can.

Everything here is done with the stores that the functions use, so there is no second idea of how a
token or an organisation looks. Run twice, it changes nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.core.identity.passwords import hashed
from chalicelib.core.identity.users import ADDRESS, User, normal
from chalicelib.core.ids import new_id
from chalicelib.core.roles import Role
from chalicelib.store.api_tokens import line_item
from chalicelib.store.blobs import Blobs
from chalicelib.store.orgs import Orgs
from chalicelib.store.swarm_seeds import swarm_prefix
from chalicelib.store.table import ConditionFailed, Put, Table
from chalicelib.store.tokens import Token, Tokens
from chalicelib.store.users import Users
from infra import deploy, paths
from infra.errors import InfraError
from infra.sessions import Session, session
from infra.signing import signing_keys

ADMIN_EMAIL: Final = "admin@local"
_LOCAL_DAYS: Final = 3650
_DEPLOYED_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a newcomer needs; `.local/credentials.json` is this."""

    base_url: str
    ws_url: str
    email: str
    password: str
    token: str


def bootstrap(table: Table, org: str, *, email: str, password: str, bearer: str, days: int) -> None:
    """Make sure the organisation, its admin and the admin token exist.

    `bearer` is `<name>.<secret>`; only hashes are stored. Raises InfraError when the token's name
    is not sane.
    """
    name, dot, secret = bearer.partition(".")
    if not (name and dot and secret):
        raise InfraError("a token looks like name.secret")
    now = utc_now()
    Orgs(table).create(org, org.removeprefix("org_"), rfc3339(now))
    user = User(
        id=new_id("user", now),
        email=normal(email),
        org=org,
        role=Role.ADMIN,
        password_hash=hashed(password),
        created_at=rfc3339(now),
    )
    Users(table).ensure(user)
    token = Token(
        id=new_id("tok", now),
        name=name,
        org=org,
        role=Role.ADMIN,
        created_at=rfc3339(now),
        expires_at=rfc3339(now + timedelta(days=days)),
    )
    line = line_item(token, secret)
    other = "attribute_not_exists(#pk) OR #digest <> :digest"
    with contextlib.suppress(ConditionFailed):
        table.write(Put(line, condition=other, values={"digest": line["digest"]}))
    try:
        Tokens(table).store(token, secret)
    except ConditionFailed:
        return  # the very same secret is stored already


def new_bearer(name: str = "admin") -> str:
    """A new token text with a secret of 256 random bits."""
    return f"{name}.{secrets.token_urlsafe(32)}"


def bootstrap_local(
    found: Session, outputs: Mapping[str, str], home: Path, *, base_url: str, ws_url: str
) -> Credentials:
    """The local stack's organisation, and `credentials.json` in its home.

    Credentials that are there already are kept, so that a reset of the data does not lock anybody
    out who has the token in a shell.
    """
    file = home / "credentials.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    credentials = Credentials(
        base_url=base_url,
        ws_url=ws_url,
        email=ADMIN_EMAIL,
        password=known.get("password") or secrets.token_urlsafe(12),
        token=known.get("token") or new_bearer(),
    )
    if asdict(credentials) != known:
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(credentials), indent=2) + "\n")
    signing_keys(found, outputs).ensure()
    bootstrap(
        Table(found.client("dynamodb"), outputs["TableName"]),
        "org_local",
        email=credentials.email,
        password=credentials.password,
        bearer=credentials.token,
        days=_LOCAL_DAYS,
    )
    store_examples(found, outputs, "org_local")
    return credentials


def store_examples(found: Session, outputs: Mapping[str, str], org: str) -> None:
    """The example swarms as stored configurations: examples/swarms/report.exs is `config_path`
    examples/report.exs."""
    blobs = Blobs(lambda: found.client("s3"), outputs["BucketName"])
    for path in sorted((paths.ROOT / "examples/swarms").glob("*.exs")):
        blobs.put_text(f"{swarm_prefix(org)}examples/{path.name}", path.read_text())


def main(arguments: list[str] | None = None) -> int:
    """`python -m infra.bootstrap STAGE --org NAME --email ADDRESS`: the first organisation of a
    deployed stage. The password is read from RUNYARD_ADMIN_PASSWORD; the token is shown once."""
    parser = argparse.ArgumentParser(prog="python -m infra.bootstrap", description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("--org", required=True, help="its name: lower-case letters, digits, dashes")
    parser.add_argument("--email", required=True)
    chosen = parser.parse_args(arguments)
    password = os.environ.get("RUNYARD_ADMIN_PASSWORD", "")
    if len(password) < 12:
        print("set RUNYARD_ADMIN_PASSWORD to at least 12 characters", file=sys.stderr)
        return 1
    if not chosen.org.replace("-", "").isalnum() or not chosen.org.islower():
        print(f"{chosen.org!r} is no name for an organisation", file=sys.stderr)
        return 1
    if not ADDRESS.fullmatch(chosen.email):
        print(f"{chosen.email!r} is no e-mail address", file=sys.stderr)
        return 1
    found = session(chosen.stage)
    outputs = deploy.existing_outputs(chosen.stage, found)
    if outputs is None:
        print(f"stage {chosen.stage} is not deployed: run `make deploy` first", file=sys.stderr)
        return 1
    # A name of its own: the token of an earlier run keeps its line in the list.
    bearer = new_bearer(f"admin-{secrets.token_hex(3)}")
    signing_keys(found, outputs).ensure()
    bootstrap(
        Table(found.client("dynamodb"), outputs["TableName"]),
        f"org_{chosen.org}",
        email=chosen.email,
        password=password,
        bearer=bearer,
        days=_DEPLOYED_DAYS,
    )
    print(f"token (shown once, valid {_DEPLOYED_DAYS} days): {bearer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
