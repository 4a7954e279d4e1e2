"""`python -m infra.clients`: writes the generated part of the Python client from docs/*.json."""

from __future__ import annotations

from infra.clients.files import PACKAGE, generated, python_files
from infra.paths import ROOT


def main() -> None:
    """Write what differs, delete what is not generated any more."""
    files = python_files()
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(ROOT)}")
    for path in sorted(generated(PACKAGE) - set(files)):
        path.unlink()
        print(f"deleted {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
