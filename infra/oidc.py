"""`python -m infra.oidc STAGE`: the secret that a stage shows its OpenID Connect issuer.

Only for issuers that want one; with PKCE a client may do without. It is sealed by the key of KMS that
seals the signing keys, so the functions that check tokens can open it and no function can write it.
"""

from __future__ import annotations

import argparse
import os
import sys

from chalicelib.cloud.sealing import Seals
from chalicelib.store.sign_ins import ClientSecret
from chalicelib.store.table import Table
from infra import deploy
from infra.sessions import session

VARIABLE = "RUNYARD_OIDC_SECRET"


def main(arguments: list[str] | None = None) -> int:
    """Stores the client secret, which is read from RUNYARD_OIDC_SECRET. With `--forget` the stage
    has none any more."""
    parser = argparse.ArgumentParser(prog="python -m infra.oidc", description=main.__doc__)
    parser.add_argument("stage")
    parser.add_argument("--forget", action="store_true", help="the client is a public one")
    chosen = parser.parse_args(arguments)
    secret = os.environ.get(VARIABLE, "")
    if not secret and not chosen.forget:
        print(f"set {VARIABLE} to the client's secret", file=sys.stderr)
        return 1
    found = session(chosen.stage)
    outputs = deploy.existing_outputs(chosen.stage, found)
    if outputs is None:
        print(f"stage {chosen.stage} is not deployed: run `make deploy` first", file=sys.stderr)
        return 1
    seals = Seals(lambda: found.client("kms"), outputs["SigningKeyArn"])
    store = ClientSecret(Table(found.client("dynamodb"), outputs["TableName"]), seals)
    if chosen.forget:
        store.forget()
        print("forgotten: the client is a public one")
    else:
        store.put(secret)
        print("stored: the next sign-in uses it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
