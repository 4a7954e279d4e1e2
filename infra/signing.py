"""`python -m infra.signing STAGE`: a new key for the tokens of logins, which logs nobody out.

The new key signs a minute later; the one before it stays valid, so its tokens end by themselves.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping

from chalicelib.cloud.sealing import Seals
from chalicelib.core.errors import Conflict
from chalicelib.store.signing import SigningKeys
from chalicelib.store.table import Table
from infra import deploy
from infra.sessions import Session, session


def signing_keys(found: Session, outputs: Mapping[str, str]) -> SigningKeys:
    """The keys that a stage signs tokens of logins with."""
    seals = Seals(lambda: found.client("kms"), outputs["SigningKeyArn"])
    return SigningKeys(
        Table(found.client("dynamodb"), outputs["TableName"]), seals, clock=time.time
    )


def main(arguments: list[str] | None = None) -> int:
    """Rotates the key of a stage, at most once a day. With `--discard` the new key is the only
    one: for a key that others know. Everybody has to sign in again then."""
    parser = argparse.ArgumentParser(prog="python -m infra.signing", description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("--discard", action="store_true", help="end all tokens of logins")
    chosen = parser.parse_args(arguments)
    found = session(chosen.stage)
    outputs = deploy.existing_outputs(chosen.stage, found)
    if outputs is None:
        print(f"stage {chosen.stage} is not deployed: run `make deploy` first", file=sys.stderr)
        return 1
    try:
        kid = signing_keys(found, outputs).rotate(discard=chosen.discard)
    except Conflict as refusal:
        print(refusal.detail, file=sys.stderr)
        return 1
    print(f"key {kid} signs from now on" if chosen.discard else f"key {kid} signs in a minute")
    return 0


if __name__ == "__main__":
    sys.exit(main())
