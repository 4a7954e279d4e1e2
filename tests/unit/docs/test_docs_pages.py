"""What holds for every page: its links lead somewhere, and what it names exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, anchors, links, name_of, text_of

MAKEFILE = text_of("Makefile")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
pages = pytest.mark.parametrize("page", PAGES, ids=name_of)


@pages
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page.read_text()):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pages
def test_every_make_target_that_is_mentioned_exists(page: Path) -> None:
    mentioned = re.findall(r"(?:`|^|= )(?:\w+=\S+ )*make ([a-z-]+)", page.read_text(), re.MULTILINE)
    assert set(mentioned) <= TARGETS


def test_every_documented_chore_of_the_makefile_is_a_target_the_pages_can_name() -> None:
    documented = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
    assert {"run", "test", "stop", "check"} <= documented <= TARGETS


@pages
def test_every_file_and_folder_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:chalicelib|infra|tests|examples|docs)/[\w./-]*)`", page.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


@pages
def test_every_module_that_is_to_be_run_exists(page: Path) -> None:
    for module in re.findall(r"python -m ((?:infra|bench)[\w.]*)", page.read_text()):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def _tests_in(path: Path) -> set[str]:
    """`test_x`, `TestY` and `TestY::test_z` of a file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{n.name}" for n in node.body if isinstance(n, ast.FunctionDef)}
    return found


@pages
def test_every_test_that_is_named_exists(page: Path) -> None:
    for path, _, name in re.findall(r"`(tests/[\w/]+\.py)(::([\w:]+))`", page.read_text()):
        assert name in _tests_in(ROOT / path), f"{path}::{name}"


def test_each_of_the_eight_invariants_names_its_test() -> None:
    page = text_of("docs/architecture.md")
    numbered = re.findall(r"^\| (\d) \| .* \| (`tests/.*`) \|$", page, re.MULTILINE)
    assert [number for number, _ in numbered] == [str(number) for number in range(1, 9)]
    for number, tests in numbered:
        assert re.search(rf"Invariant{number}|every_call_fails", tests)


def test_decisions_are_numbered_in_order_listed_and_of_one_form() -> None:
    index = text_of("docs/decisions/README.md")
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", index, re.MULTILINE)
    assert [f"{int(number):04d}" for number, _, _ in listed] == [p.name[:4] for p in DECISIONS]
    assert len({path.name[:4] for path in DECISIONS}) == len(DECISIONS)
    assert [file for _, _, file in listed] == [path.name for path in DECISIONS]
    for (number, title, _), path in zip(listed, DECISIONS, strict=True):
        headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
        assert headings == [f"{number}. {title}", "Context", "Choice", "Given up"], path.name


def test_the_decision_that_the_code_points_to_is_the_one_about_the_emulator() -> None:
    assert "docs/decisions/0007" in text_of("infra/local/ministack_repaired.py")
    assert "ministack_repaired.py" in DECISIONS[6].read_text()


def test_the_licence_is_the_whole_text_with_nobodys_name_in_it() -> None:
    text = text_of("LICENSE")
    assert "Version 2.0, January 2004" in text
    assert text.count("\n   9. ") == 1
    assert "Copyright [yyyy] [name of copyright owner]" in text
    assert not re.search(r"Copyright (\(c\) )?\d", text)


def test_the_changelog_has_the_projects_version() -> None:
    (version,) = re.findall(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert f"## [{version}]" in text_of("CHANGELOG.md")
