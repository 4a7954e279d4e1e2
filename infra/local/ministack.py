"""How MiniStack is started here, and what must not survive from an earlier start."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.errors import InfraError

MARKER: Final = "ministack"
_REPAIRS: Final = ("ministack_repaired.py", "ministack_workers.py")


def command(python: Path) -> Sequence[str]:
    """The command line. Raises InfraError when the emulator is not installed."""
    if not python.exists():
        raise InfraError(f"the emulator is not installed ({python} is missing): run `make setup`")
    # -P: this folder is not to be searched for modules; a file in it is called ministack.py.
    return [str(python), "-P", str(Path(__file__).with_name("ministack_repaired.py"))]


def repairs_hash() -> str:
    """Changes when the repairs do: an emulator that was started before has others."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _REPAIRS)).hexdigest()


def environment(home: Path, port: int, *, enforce_iam: bool) -> dict[str, str]:
    """The emulator's environment. Its Lambda processes inherit it, so that nothing of the
    caller's (AWS credentials, PYTHONPATH) goes in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return kept | {
        "TMPDIR": str(scratch),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        # Both open ports on all interfaces otherwise.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home / "emulator"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home / "emulator-s3"),
        # Surplus Lambda processes go after this long without a call, in seconds.
        "LAMBDA_WARM_TTL_SECONDS": "300",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AUTH": "true" if enforce_iam else "false",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
    }


def forget_code(home: Path) -> None:
    """Takes away what functions of an earlier start were unpacked into (`ministack_workers.py`)."""
    for unpacked in (home / "tmp").glob("ministack-code-*"):
        shutil.rmtree(unpacked, ignore_errors=True)


def forget_stream_positions(state: Path) -> bool:
    """Takes the DynamoDB stream positions out of the saved Lambda state; True when there were any.

    MiniStack 1.5.33 keeps how far an event source mapping has read a table's stream, but not the
    stream's records. After a restart the records are counted from zero again, the mapping waits at
    its old number, and until the table has had as many changes as before nothing reaches the
    fan-out. Without the key the mapping starts from its StartingPosition, TRIM_HORIZON."""
    path = state / "lambda.json"
    if not path.exists():
        return False
    document = json.loads(path.read_text())
    # {"__ministack_format__": 2, "payload": {…}}; older files are the payload itself.
    payload = document.get("payload", document)
    if not payload.pop("dynamodb_stream_positions", None):
        return False
    fresh = path.with_suffix(".fresh")
    fresh.write_text(json.dumps(document))
    fresh.replace(path)
    return True
