"""The local stack as one object: emulator, deployment, front door."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from infra import deploy, emulator, package, paths
from infra.errors import InfraError
from infra.local import ministack, ports
from infra.local.daemon import Daemon
from infra.local.ports import EMULATOR_PORT, EMULATOR_PORT_SETTING, FRONT_PORT, FRONT_PORT_SETTING
from infra.sessions import LOCAL, Session, emulator_session

AfterDeploy = Callable[["LocalStack", dict[str, str]], None]
Say = Callable[[str], None]

_REST_STAGE: Final = "api"


def _quiet(_: str) -> None: ...


class LocalStack:
    """One stack with its home folder and its two ports. Several can run side by side.

    `enforce_iam` makes the emulator check every call against the function's role. `elsewhere` is the
    address of an emulator that somebody else runs (a LocalStack, say): then none is started here.
    `parameters` of the template are set beside those of the local stage."""

    def __init__(
        self,
        home: Path = paths.LOCAL,
        *,
        emulator_port: int = EMULATOR_PORT,
        front_port: int = FRONT_PORT,
        enforce_iam: bool = False,
        emulator_python: Path = paths.EMULATOR_PYTHON,
        elsewhere: str | None = None,
        parameters: Mapping[str, str] | None = None,
        say: Say = _quiet,
    ) -> None:
        self.home = home.resolve()
        self.enforce_iam = enforce_iam
        self.emulator = Daemon("emulator", emulator_port, self.home, ministack.MARKER)
        self.front_door = Daemon("front-door", front_port, self.home, "infra.front_door.proxy")
        self.elsewhere = elsewhere
        self.parameters = dict(parameters or {})
        self._python = emulator_python
        self._say = say

    @property
    def emulator_url(self) -> str:
        """Where the emulator answers AWS calls."""
        return self.elsewhere or f"http://127.0.0.1:{self.emulator.port}"

    @property
    def base_url(self) -> str:
        """The front door, for HTTP."""
        return f"http://localhost:{self.front_door.port}"

    @property
    def ws_url(self) -> str:
        """The front door, for WebSockets."""
        return f"ws://localhost:{self.front_door.port}"

    @property
    def session(self) -> Session:
        """A session whose clients speak to this stack's emulator."""
        return emulator_session(self.emulator_url)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the last deployment. Raises InfraError when there was none."""
        outputs = self._deployed().get("outputs")
        if not outputs:
            raise InfraError("nothing is deployed: run `make run`")
        found: dict[str, str] = outputs
        return found

    def up(self, after_deploy: AfterDeploy | None = None) -> dict[str, str]:
        """Starts and deploys what is not running or not current, then calls `after_deploy` with the
        stack and its outputs. Returns the outputs. Raises InfraError."""
        self.start()
        outputs = self.deploy()
        if after_deploy is not None:
            after_deploy(self, outputs)
        return outputs

    def start(self) -> None:
        """Starts the emulator with its saved state, and the front door if it leads anywhere.
        Raises InfraError when a port is taken, when it runs already at others, or the emulator is
        missing, before anything starts."""
        self._require_same_ports()
        if self.elsewhere is None:
            self.emulator.require_port(EMULATOR_PORT_SETTING)
        self.front_door.require_port(FRONT_PORT_SETTING)
        self.home.mkdir(parents=True, exist_ok=True)
        ports.remember(self.home, emulator=self.emulator.port, front_door=self.front_door.port)
        if self.elsewhere is None:
            if self.emulator.pid() is not None and not self._repairs_are_current():
                self.emulator.stop()
            if self.emulator.pid() is None:
                self._say("starting the emulator")
                self._start_emulator()
        if self._deployed().get("outputs"):
            self._open_front_door()

    def stop(self) -> None:
        """Stops both. The emulator writes its state first."""
        self.front_door.stop()
        if not self.emulator.stop():
            self._say("the emulator did not end in time and was killed: its last changes are lost")

    def restart_emulator(self) -> None:
        """Stops and starts the emulator alone; the front door stays and answers 502 meanwhile."""
        self.emulator.stop()
        self._start_emulator()

    def deploy(self) -> dict[str, str]:
        """Packages and deploys the local stage if anything changed, and opens the front door.
        Returns the stack's outputs."""
        artifact = package.package(LOCAL)
        template = json.dumps(emulator.for_emulator(json.loads(artifact.template_text)))
        # The endpoint is part of it: the functions have it in their environment.
        parameters = {emulator.ENDPOINT_PARAMETER: self.emulator_url, **self.parameters}
        about = f"{artifact.code_hash} {template} {json.dumps(parameters, sort_keys=True)}"
        wanted = hashlib.sha256(about.encode()).hexdigest()
        known = self._deployed()
        outputs = deploy.existing_outputs(LOCAL, self.session) if known else None
        if outputs is None or known.get("hash") != wanted:
            self._say(
                f"deploying {artifact.zip_bytes / 1e6:.1f} MB, {artifact.functions} functions"
            )
            outputs = deploy.deploy(
                artifact,
                self.session,
                template=template,
                parameters=parameters,
                poll=0.2,
            )
            self._deployed_file.write_text(
                json.dumps({"hash": wanted, "outputs": outputs}, indent=1)
            )
        self._open_front_door()
        return outputs

    def reset(self) -> None:
        """Stops everything and deletes the home folder."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def status(self) -> list[tuple[str, str]]:
        """What runs where, as (name, text) pairs."""
        found = []
        for daemon, url in ((self.emulator, self.emulator_url), (self.front_door, self.base_url)):
            pid = daemon.pid()
            state = f"{url}, pid {pid}" if pid else "not running"
            if daemon is self.emulator and self.elsewhere is not None:
                state = f"{url}, not ours"
            found.append((daemon.name, state))
        deployed = self._deployed().get("hash")
        found.append(("deployed", deployed[:12] if deployed else "nothing yet"))
        return found

    def _require_same_ports(self) -> None:
        known = ports.remembered(self.home)
        for daemon, setting in (
            (self.emulator, EMULATOR_PORT_SETTING),
            (self.front_door, FRONT_PORT_SETTING),
        ):
            last = known.get(setting, daemon.port)
            if last != daemon.port and daemon.pid() is not None:
                raise InfraError(
                    f"the {daemon.name} runs at port {last} already: `make stop` first, or leave out "
                    f"{setting}"
                )

    @property
    def _repairs_file(self) -> Path:
        return self.home / "emulator.repairs"

    def _repairs_are_current(self) -> bool:
        """Whether the emulator that runs was started with the repairs that this checkout has."""
        known = self._repairs_file
        return known.exists() and known.read_text() == ministack.repairs_hash()

    def _start_emulator(self) -> None:
        ministack.forget_stream_positions(self.home / "emulator")
        ministack.forget_code(self.home)
        self.emulator.start(
            ministack.command(self._python),
            ministack.environment(self.home, self.emulator.port, enforce_iam=self.enforce_iam),
            port_setting=EMULATOR_PORT_SETTING,
        )
        self._repairs_file.write_text(ministack.repairs_hash())

    def _open_front_door(self) -> None:
        """Starts the front door, or starts it anew when the APIs it leads to are others now."""
        outputs = self.outputs
        command = [sys.executable, "-m", "infra.front_door.proxy"]
        command += ["--port", str(self.front_door.port), "--emulator", self.emulator_url]
        command += ["--rest-api", outputs["RestAPIId"], "--socket-api", outputs["WebsocketAPIId"]]
        command += ["--stage", _REST_STAGE]
        leads_to = self.home / "front-door.json"
        same = leads_to.exists() and json.loads(leads_to.read_text()) == command
        if self.front_door.pid() is not None:
            if same:
                return
            self.front_door.stop()
        self._say("opening the front door")
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.front_door.start(command, environment, port_setting=FRONT_PORT_SETTING)
        leads_to.write_text(json.dumps(command))

    @property
    def _deployed_file(self) -> Path:
        return self.home / "deployed.json"

    def _deployed(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._deployed_file.read_text())
        except FileNotFoundError:
            return {}
        return found
