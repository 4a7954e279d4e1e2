"""The content hash of a definition: equal content is one version, however it was written."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def content_hash(value: Any) -> str:
    """SHA-256 (hex) over canonical JSON of parsed content (S2): sorted names, no spaces, UTF-8.

    Equal YAML and JSON, in any order of members, hash alike. `1` and `1.0` do not: they are two
    JSON texts, and an expression sees an int in one and a double in the other.
    """
    canonical = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
