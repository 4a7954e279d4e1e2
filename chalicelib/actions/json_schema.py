"""JSON Schema: checks schemas that authors write, and values against them (draft 2020-12).

Nothing is ever fetched: a `$ref` leads into the schema itself or to the drafts' own. Patterns are
RE2's, so none of them can take long. jsonschema is loaded by who has a schema, and by nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from chalicelib.actions.base import JSON

MOST_BYTES: Final = 50_000
_MOST_ERRORS: Final = 5


def schema_problem(schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a schema itself; None when it can be used."""
    from jsonschema.exceptions import SchemaError
    from referencing.exceptions import Unresolvable

    try:
        if len(json.dumps(schema)) > MOST_BYTES:
            return f"over {MOST_BYTES:,} bytes"
        kind = _validator()
        kind.check_schema(schema)
        for reference in _references(schema):
            if not reference.startswith("#"):
                return f"$ref {reference[:100]!r} leads out of the schema"
        for pattern in _patterns(schema):
            _compiled(pattern)
        _find(kind, schema, None)
    except SchemaError as error:
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
        return (
            f"no JSON Schema{': at ' + where.lstrip('.') if where else ''}: {error.message[:200]}"
        )
    except Unresolvable as error:
        return f"$ref {str(error.ref)[:100]!r} leads nowhere"
    except RecursionError:
        return "it refers to itself without end"
    except (ValueError, TypeError) as error:
        return str(error)[:200]
    return None


def value_problems(schema: Mapping[str, Any], value: JSON) -> list[str]:
    """Where a value does not match a schema that has no problem, at most five: `items[2].price:
    not of type number`. The value itself is not repeated."""
    from referencing.exceptions import Unresolvable

    try:
        return _find(_validator(), schema, value)
    except Unresolvable as error:
        return [f"the schema's $ref {str(error.ref)[:100]!r} leads nowhere"]
    except RecursionError:
        return ["nested too deeply"]


def _find(kind: Any, schema: Mapping[str, Any], value: JSON) -> list[str]:
    from itertools import islice

    from referencing import Registry

    # Without a registry of its own jsonschema would fetch what a $ref names.
    errors = kind(schema, registry=Registry()).iter_errors(value)
    return [_said(error) for error in islice(errors, _MOST_ERRORS)]


def _said(error: Any) -> str:
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    wanted = json.dumps(error.validator_value, default=str)[:100]
    return f"{where.lstrip('.') or 'the answer'}: does not match {error.validator} {wanted}"


@cache
def _validator() -> Any:
    """Draft 2020-12 with RE2 instead of Python's regular expressions."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if validator.is_type(value, "string") and not _compiled(wanted).search(value):
            yield ValidationError("no match")

    def pattern_properties(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if validator.is_type(value, "object"):
            for text, inner in wanted.items():
                for name, member in value.items():
                    if _compiled(text).search(name):
                        yield from validator.descend(member, inner, path=name, schema_path=text)

    own = {"pattern": pattern, "patternProperties": pattern_properties}
    return extend(Draft202012Validator, own)


@cache
def _compiled(pattern: str) -> Any:
    import re2

    try:
        return re2.compile(pattern)
    except re2.error as error:
        raise ValueError(f"pattern {pattern[:100]!r} is none that RE2 takes") from error


def _references(schema: Any) -> Iterator[str]:
    for name, value in _members(schema):
        if name in ("$ref", "$dynamicRef") and isinstance(value, str):
            yield value


def _patterns(schema: Any) -> Iterator[str]:
    """Every pattern of a schema. Raises ValueError for `patternProperties` together with a keyword
    that would match them with Python's own expressions, whose time has no bound."""
    unevaluated = any("unevaluatedProperties" in part for part in _objects(schema))
    for part in _objects(schema):
        pattern = part.get("pattern")
        if isinstance(pattern, str):
            yield pattern
        named = part.get("patternProperties")
        if isinstance(named, Mapping):
            yield from named
            if unevaluated or "additionalProperties" in part:
                message = "patternProperties with additionalProperties or unevaluatedProperties"
                raise ValueError(f"{message} is not supported")


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for member in value.values():
            yield from _objects(member)
    elif isinstance(value, list):
        for member in value:
            yield from _objects(member)


def _members(schema: Any) -> Iterator[tuple[str, Any]]:
    for part in _objects(schema):
        yield from part.items()
