"""`python -m infra.package --stage prod`: one template and one zip, from `chalice package`.

    app.py, chalicelib, infra/template.yaml ──chalice package──▶ Chalice's template and zip
    Chalice's template ──infra/template.py──▶ template.json
    requirements.txt ──pip, cached──▶ packages + Chalice's zip ──infra/bundle.py──▶ <hash>.zip

Nothing is built when nothing changed: a fingerprint of all inputs lies beside the result.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra import bundle, dependencies, merge, template
from infra.errors import InfraError
from infra.paths import BUILD, ROOT

_CHALICE: Final = "from chalice.cli import main; main()"
_RESULT: Final = "artifact.json"


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a deployment needs, and what a reader wants to know of it."""

    stage: str
    architecture: str
    template_path: str
    zip_path: str
    code_hash: str
    """SHA-256 of the zip."""
    zip_bytes: int
    rest_resources: int
    functions: int
    fingerprint: str
    """Hash of everything that went in."""

    @property
    def template_text(self) -> str:
        """The template as it is to be deployed."""
        return Path(self.template_path).read_text()

    @property
    def code_key(self) -> str:
        """The zip's key in the artifact bucket."""
        return f"runyard/{self.code_hash}.zip"


def host_architecture() -> str:
    """This machine's architecture in Lambda's words."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def architecture_of(stage: str) -> str:
    """arm64 on AWS, which is cheaper; the machine's own where the emulator runs the code."""
    return host_architecture() if stage == template.LOCAL else "arm64"


def package(stage: str, out_dir: Path | None = None, *, root: Path = ROOT) -> Artifact:
    """Builds a stage's artifact into `out_dir` (default `.build/<stage>`), or finds it there.

    Raises InfraError when Chalice or pip refuses, or a limit is exceeded."""
    out_dir = out_dir or BUILD / stage
    architecture = architecture_of(stage)
    fingerprint = _fingerprint(root, stage, architecture)
    known = _known(out_dir, fingerprint)
    if known:
        return known
    out_dir.mkdir(parents=True, exist_ok=True)
    platform_name = dependencies.HOST if stage == template.LOCAL else architecture
    packages = dependencies.installed(root / "requirements.txt", BUILD / "packages", platform_name)
    written, chalice_zip = _run_chalice(root, stage, out_dir)
    finished = template.finish(
        written, stage=stage, architecture=architecture, version=_version(root)
    )
    resources = template.rest_resources(finished)
    if resources > template.RESOURCE_LIMIT:
        raise InfraError(
            f"the REST API has {resources} resources; API Gateway takes {template.RESOURCE_LIMIT}"
        )
    for old in out_dir.glob("*.zip"):
        old.unlink()
    zip_path, code_hash = bundle.write(bundle.entries(chalice_zip, packages), out_dir)
    template_path = out_dir / "template.json"
    template_path.write_text(json.dumps(finished, indent=1, sort_keys=True))
    artifact = Artifact(
        stage=stage,
        architecture=architecture,
        template_path=str(template_path),
        zip_path=str(zip_path),
        code_hash=code_hash,
        zip_bytes=zip_path.stat().st_size,
        rest_resources=resources,
        functions=len(template.function_ids(finished)),
        fingerprint=fingerprint,
    )
    # Last, so that a build that was interrupted is not taken for a whole one.
    (out_dir / _RESULT).write_text(json.dumps(dataclasses.asdict(artifact), indent=1))
    return artifact


def _version(root: Path) -> str:
    found: str = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    return found


def _inputs(root: Path) -> Iterator[Path]:
    yield from (root / name for name in ("app.py", "requirements.txt", "pyproject.toml"))
    yield root / ".chalice" / "config.json"
    for folder in ("chalicelib", "infra"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _fingerprint(root: Path, stage: str, architecture: str) -> str:
    digest = hashlib.sha256(f"{stage} {architecture} {sys.version_info[:2]}".encode())
    for path in _inputs(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _known(out_dir: Path, fingerprint: str) -> Artifact | None:
    result = out_dir / _RESULT
    if not result.exists():
        return None
    found = Artifact(**json.loads(result.read_text()))
    there = Path(found.zip_path).exists() and Path(found.template_path).exists()
    return found if there and found.fingerprint == fingerprint else None


def _run_chalice(root: Path, stage: str, out_dir: Path) -> tuple[dict[str, Any], Path]:
    """Chalice in a process of its own (it imports app.py), on a copy without requirements.txt: the
    packages are ours to bundle. Returns its template and its zip."""
    project = out_dir / "project"
    shutil.rmtree(project, ignore_errors=True)
    (project / ".chalice").mkdir(parents=True)
    shutil.copy(root / "app.py", project)
    shutil.copy(root / ".chalice" / "config.json", project / ".chalice")
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(root / "chalicelib", project / "chalicelib", ignore=ignored)
    merged = project / "merge.json"
    merged.write_text(json.dumps(merge.read(root / "infra" / "template.yaml")))
    command = [sys.executable, "-c", _CHALICE, "--project-dir", str(project), "package"]
    command += ["--stage", stage, "--template-format", "json", "--merge-template", str(merged)]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "")}
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*command, str(project / "out")],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
        env=environment,
    )
    if done.returncode:
        raise InfraError(f"chalice package failed:\n{done.stdout}{done.stderr}")
    written: dict[str, Any] = json.loads((project / "out" / "sam.json").read_text())
    return written, project / "out" / "deployment.zip"


def main(arguments: list[str] | None = None) -> int:
    """The command line: builds and prints what came out."""
    parser = argparse.ArgumentParser(prog="python -m infra.package", description=main.__doc__)
    parser.add_argument("--stage", default=template.LOCAL)
    stage = parser.parse_args(arguments).stage
    try:
        built = package(stage)
    except InfraError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"template   {built.template_path}")
    print(f"zip        {built.zip_path}  {built.zip_bytes / 1e6:.1f} MB, {built.architecture}")
    print(f"functions  {built.functions}")
    print(f"REST       {built.rest_resources} of {template.RESOURCE_LIMIT} resources")
    return 0


if __name__ == "__main__":
    sys.exit(main())
