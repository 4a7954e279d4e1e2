from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from infra import bundle, dependencies
from infra.errors import InfraError


def test_the_same_content_gives_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    content = {"b.py": b"2", "a.py": b"1", "deep/c.py": b"3"}
    first, first_hash = bundle.write(content, tmp_path / "one")
    second, second_hash = bundle.write(dict(reversed(content.items())), tmp_path / "two")
    assert first_hash == second_hash
    assert first.read_bytes() == second.read_bytes()


def test_other_content_gives_another_name(tmp_path: Path) -> None:
    first, _ = bundle.write({"a.py": b"1"}, tmp_path)
    second, _ = bundle.write({"a.py": b"2"}, tmp_path)
    assert first.name != second.name


@pytest.mark.parametrize("name", ["boto3/__init__.py", "botocore/x.json", "chalice/cli/main.py"])
def test_what_lambda_has_or_does_not_need_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InfraError, match="must not be in the zip"):
        bundle.write({name: b""}, tmp_path)


def test_a_zip_over_the_budget_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "SIZE_LIMIT", 10)
    with pytest.raises(InfraError, match="the budget is 10"):
        bundle.write({"a.py": b"1"}, tmp_path)


def test_chalices_files_win_and_clutter_is_left_out(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "six.py").write_text("six")
    archive = tmp_path / "deployment.zip"
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("app.py", "app")
        written.writestr("chalicelib/__pycache__/x.cpython-311.pyc", "junk")
    assert bundle.entries(archive, packages) == {"app.py": b"app", "six.py": b"six"}


@pytest.mark.parametrize(
    ("name", "useless"),
    [
        ("pydantic/main.py", False),
        ("pydantic/main.pyi", True),
        ("pydantic/__pycache__/main.cpython-311.pyc", True),
        ("pydantic-2.0.dist-info/METADATA", False),
        ("pydantic-2.0.dist-info/RECORD", True),
        ("lark-1.0.dist-info/licenses/LICENSE", False),
        ("pendulum/locales/de/locale.py", False),
        ("six/tests/test_six.py", True),
        ("bin/jp.py", True),
    ],
)
def test_clutter_is_what_no_handler_reads(name: str, useless: bool) -> None:
    assert dependencies.is_clutter(name) is useless
