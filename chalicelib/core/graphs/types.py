"""What a node can be (S1): one declaration each; those with effects are in `effect_types`.

What the nodes do is elsewhere: `nodes` has what is computed here, `effects` what becomes an action of
S2. A declaration says which of the two it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chalicelib.core.graphs.definition import LOOP
from chalicelib.core.graphs.effect_types import EFFECTS
from chalicelib.core.graphs.fields import Field
from chalicelib.core.graphs.node_type import NodeType
from chalicelib.core.waits import HOLD, LONGEST_SECONDS

WAIT: Final = HOLD
DELAY: Final = "delay"
MOST_MILLISECONDS: Final = 1_000 * LONGEST_SECONDS
DEFAULT_WAIT: Final = 300_000
"""Milliseconds that a `wait` without a `timeoutMs` waits."""

_ARRAY = Field("array", ("list",), "A list.", required=True)

_LISTED: Final = (
    NodeType("manual", "trigger", "free", "Starts when somebody asks for it."),
    NodeType("cronjob", "trigger", "free", "Starts by the clock."),
    NodeType("webhook", "trigger", "free", "Starts on a request."),
    NodeType(
        "if",
        "control",
        "logic",
        "Chooses between its children by their `branch`: `then` or `else`.",
        (
            Field(
                "condition", ("object",), "`$and` or `$or` of comparisons.", required=True, own=True
            ),
        ),
    ),
    NodeType(
        LOOP,
        "control",
        "logic",
        "Runs its `loopBody` once for each element of a list, in order.",
        (_ARRAY,),
    ),
    NodeType(
        WAIT,
        "control",
        "logic",
        "Waits to be resumed; its children's `branch` is `resumed` or `timed_out`.",
        (
            Field("triggerType", ("text",), "Who resumes it.", choices=("manual", "webhook")),
            Field("triggerConfig", ("object",), "For people and clients; nothing reads it."),
            Field(
                "timeoutMs",
                ("integer",),
                "How long it waits, in milliseconds; 300,000 by default, rounded up to seconds.",
                least=1,
                most=MOST_MILLISECONDS,
                written_out=True,
            ),
        ),
    ),
    NodeType(
        DELAY,
        "control",
        "logic",
        "Lets time pass.",
        (
            Field(
                "delayMs",
                ("number",),
                "Milliseconds; ends are rounded up to seconds.",
                required=True,
                least=0,
                most=MOST_MILLISECONDS,
            ),
        ),
        action="delay",
    ),
    NodeType(
        "log",
        "data",
        "logic",
        "Writes a message into its result.",
        (Field("message", ("any",), "What to write.", required=True),),
    ),
    NodeType(
        "filter",
        "data",
        "logic",
        "The elements of a list for which a condition over `{{$item}}` holds.",
        (
            _ARRAY,
            Field(
                "filter",
                ("object",),
                "A condition as of an `if`.",
                required=True,
                aliases=("condition",),
                own=True,
            ),
        ),
    ),
    NodeType(
        "pluck",
        "data",
        "logic",
        "One member of each element of a list, or objects of several.",
        (
            _ARRAY,
            Field(
                "field", ("text", "list"), "A name or a list.", required=True, aliases=("fields",)
            ),
        ),
    ),
    NodeType(
        "regex",
        "data",
        "logic",
        "Looks for a regular expression in a text.",
        (
            Field("text", ("text",), "Where to look.", required=True, aliases=("input",)),
            Field("pattern", ("text",), "In RE2's language.", required=True),
            Field("global", ("boolean",), "All matches instead of the first."),
        ),
    ),
    NodeType(
        "format",
        "data",
        "logic",
        "A template for each element of a list, joined.",
        (
            Field("data", ("list", "object", "scalar"), "A list; anything else is one element."),
            Field("template", ("text",), "With `{{$item}}` and `{{$index}}`.", True, own=True),
            Field("separator", ("text",), "Between the elements; a new line by default."),
        ),
    ),
)

NODE_TYPES: Final[Mapping[str, NodeType]] = MappingProxyType(
    {each.name: each for each in (*_LISTED, *EFFECTS)}
)
"""Every type of node by its name."""
