"""Agents and objects as clients write them, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.definitions.locations import under
from chalicelib.core.definitions.suggestions import Suggester, quoted
from chalicelib.core.swarms import reading
from chalicelib.core.swarms.kinds import BACKENDS, NEEDING, OPTIONS, handler_name
from chalicelib.core.swarms.model import AgentSpec, Backend, ObjectSpec
from chalicelib.core.swarms.reading import Findings

_MOCK = Backend()


def agent(value: object, location: str, findings: Findings) -> AgentSpec:
    """An agent; what is wrong with it is noted, and left at its default. Other members may be
    there (`connections`, `incoming`): S3's clients send what they like."""
    found = reading.mapping(value, location, "agent", findings)
    if not isinstance(value, Mapping):
        return AgentSpec("")

    def at(name: str) -> tuple[Any, str, str, Findings]:
        return found.get(name), under(location, name), name, findings

    return AgentSpec(
        name=_name(found, location, "Agent name", findings),
        backend=backend(*at("backend")) or _MOCK,
        skills=reading.text_list(*at("skills")),
        model=reading.text(*at("model")),
        endpoint=reading.text(*at("endpoint")),
        presets=reading.text_list(*at("presets")),
        config=reading.config(*at("config")),
    )


def object_(value: object, location: str, findings: Findings) -> ObjectSpec:
    """An object, like `agent`."""
    found = reading.mapping(value, location, "object", findings)
    if not isinstance(value, Mapping):
        return ObjectSpec("", "")

    def at(name: str) -> tuple[Any, str, str, Findings]:
        return found.get(name), under(location, name), name, findings

    given = found.get("handler")
    handler = handler_name(given) if isinstance(given, str) else None
    if handler is None:
        findings.add(under(location, "handler"), "Invalid or missing object handler")
    return ObjectSpec(
        name=_name(found, location, "Object name", findings),
        handler=handler or "",
        backend=backend(*at("backend")),
        config=reading.config(*at("config")),
    )


def _name(found: Mapping[str, Any], location: str, subject: str, findings: Findings) -> str:
    return reading.node_name(found.get("name"), under(location, "name"), subject, findings)


def backend(value: object, location: str, name: str, findings: Findings) -> Backend | None:
    """A backend: `"mock"`, `{"type": "docker", "image": "coder"}`, or the pair of Elixir's
    `{:docker, "coder"}`. None where there is none, or with a problem."""
    if value is None:
        return None
    before = len(findings.problems)
    kind, options = _parts(value, location, name, findings)
    if len(findings.problems) > before:
        return None
    if kind not in BACKENDS:
        hint = Suggester().hint(kind, BACKENDS)
        findings.add(location, f"unknown backend {quoted(kind)}{hint}; known: {_KNOWN}")
        return None
    _check_options(kind, options, location, findings)
    return Backend(kind, options)


_KNOWN = ", ".join(sorted(BACKENDS))


def _parts(
    value: object, location: str, name: str, findings: Findings
) -> tuple[str, Mapping[str, Any]]:
    kind: object = value
    options: object = None
    if isinstance(value, Mapping):
        kind, options = value.get("type"), value
    elif isinstance(value, list | tuple) and len(value) == 2:
        kind, options = value
        own = OPTIONS.get(kind) if isinstance(kind, str) else None
        whole = isinstance(options, Mapping) and (own != "opts" or own in options)
        if own is not None and not whole:
            options = {own: options}
    if isinstance(options, Mapping):
        options = {key: one for key, one in options.items() if key != "type"}
    if not isinstance(kind, str):
        findings.add(location, f"`{name}` must be text, or a map with the text `type`")
        return "", {}
    return kind, reading.config(options, location, name, findings)


def _check_options(
    kind: str, options: Mapping[str, Any], location: str, findings: Findings
) -> None:
    own = OPTIONS.get(kind)
    if own is None:
        return
    given = options.get(own)
    if given is None:
        if kind in NEEDING:
            findings.add(location, f"the backend `{kind}` needs `{own}`")
    elif own == "opts":
        reading.mapping(given, under(location, own), own, findings)
    else:
        reading.text(given, under(location, own), own, findings)


def agent_to_dict(spec: AgentSpec) -> dict[str, Any]:
    """The JSON form of an agent, without what is empty: `agent` reads it back."""
    found = {
        "name": spec.name,
        "backend": backend_to_value(spec.backend),
        "skills": list(spec.skills),
        "model": spec.model,
        "endpoint": spec.endpoint,
        "presets": list(spec.presets),
        "config": dict(spec.config),
    }
    return {name: value for name, value in found.items() if value}


def object_to_dict(spec: ObjectSpec) -> dict[str, Any]:
    """The JSON form of an object, without what is empty: `object_` reads it back."""
    found = {
        "name": spec.name,
        "handler": spec.handler,
        "backend": None if spec.backend is None else backend_to_value(spec.backend),
        "config": dict(spec.config),
    }
    return {name: value for name, value in found.items() if value}


def backend_to_value(backend: Backend) -> str | dict[str, Any]:
    """A backend's type, with its options around it where it has some."""
    return {"type": backend.type, **backend.options} if backend.options else backend.type
