"""`python -m infra.api_document`: writes docs/openapi.json and docs/asyncapi.json from the code.

They are committed so that a change of the API shows in a review and so that clients can be made
without a running stack. A test fails when they differ from what the code says.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.settings import Settings
from infra.paths import ROOT


def documents() -> Mapping[Path, str]:
    """Each file with the text that it has to have."""
    return {
        ROOT / "docs" / "openapi.json": _text(openapi()),
        ROOT / "docs" / "asyncapi.json": _text(asyncapi()),
    }


def openapi() -> dict[str, Any]:
    """The OpenAPI document of every declared route."""
    from chalicelib.api.openapi import document
    from chalicelib.api.routing import declared

    importlib.import_module("app")  # declares the routes
    return document(declared(), version=Settings().version)


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI document of every socket that is built."""
    from chalicelib.api.documentation import error_kinds
    from chalicelib.asyncapi import document

    return document((kind.slug for kind in error_kinds()), version=Settings().version)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write what differs."""
    for path, text in documents().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
