"""Reading the pages: their files, tables, code blocks and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("clients/*/README.md")]
)


def name_of(page: Path) -> str:
    """The page's path in the project: what a failing test is to show."""
    return page.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def section(text: str, heading: str) -> str:
    """What stands under a heading of any level, up to the next one of its level or a higher one."""
    level = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert level is not None, f"no section {heading!r}"
    rest = text[level.end() :]
    following = re.search(rf"^#{{1,{len(level.group(1))}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(text: str) -> list[tuple[str, ...]]:
    """The rows of the first table in a text, without its head."""
    table = re.search(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    assert table is not None, "no table"
    lines = table.group().splitlines()[2:]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    return [tuple(cell.strip().replace(r"\|", "|") for cell in line) for line in cells]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text: str) -> Iterator[str]:
    """Targets of Markdown links outside of code."""
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code(text))


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def code(cell: str) -> str:
    """The text of a cell that is one `…`."""
    assert cell[0] == cell[-1] == "`", cell
    return cell[1:-1]


def walkthrough() -> tuple[str, str]:
    """README's "A workflow of your own": (content of `greet.yaml`, the whole script for bash).

    The script runs in the project's folder, beside that file, with the local stack up.
    """
    part = section(text_of("README.md"), "A workflow of your own")
    (definition,) = blocks(part, "yaml")
    marked = re.findall(r"^<!-- walkthrough -->\n```sh\n(.*?)^```$", part, re.DOTALL | re.MULTILINE)
    return definition, "set -euo pipefail\n" + "\n".join(marked)
