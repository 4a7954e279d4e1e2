"""The repair of the emulator's Query, on a stand-in for the function that it wraps."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.ministack_queries import KEY_CONDITION, keyed

NAMES = {"#pk": "pk", "#sk": "sk"}
ITEM = {"pk": {"S": "p"}, "sk": {"S": "b#2"}}


def ask(expression: str, slot: str = KEY_CONDITION, **values: Any) -> bool | str:
    def left(*arguments: Any, **more: Any) -> Any:
        return "left to the emulator"

    given = {
        f":{name}": {"S": value} if isinstance(value, str) else value
        for name, value in values.items()
    }
    return keyed(left)(expression, ITEM, given, NAMES, slot=slot)


@pytest.mark.parametrize(
    ("expression", "values", "holds"),
    [
        ("#pk = :pk", {"pk": "p"}, True),
        ("#pk = :pk", {"pk": "q"}, False),
        ("#pk = :pk AND begins_with(#sk, :prefix)", {"pk": "p", "prefix": "b#"}, True),
        ("#pk = :pk AND begins_with(#sk, :prefix)", {"pk": "p", "prefix": "a"}, False),
        ("#pk = :pk AND #sk BETWEEN :low AND :high", {"pk": "p", "low": "b", "high": "c"}, True),
        ("#pk = :pk AND #sk BETWEEN :low AND :high", {"pk": "p", "low": "b#3", "high": "c"}, False),
    ],
)
def test_key_conditions_on_texts_hold_as_on_aws(
    expression: str, values: dict[str, str], holds: bool
) -> None:
    assert ask(expression, **values) is holds


@pytest.mark.parametrize(
    ("expression", "slot", "values"),
    [
        ("#pk = :pk AND #sk > :low", KEY_CONDITION, {"pk": "p", "low": "a"}),
        ("#pk = :pk", "FilterExpression", {"pk": "p"}),
        ("#pk = :pk", KEY_CONDITION, {"pk": {"N": "1"}}),
        ("#pk = :pk", KEY_CONDITION, {}),
    ],
    ids=["another form", "no key condition", "no text", "no value"],
)
def test_all_else_is_left_to_the_emulator(
    expression: str, slot: str, values: dict[str, Any]
) -> None:
    assert ask(expression, slot, **values) == "left to the emulator"
