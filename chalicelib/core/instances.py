"""Steps inside of loops run once for each iteration: what each such run of a step is called.

`fetch@orders/02` is the step `fetch` in the third iteration of the loop `orders`; `sum@lines/02/00`
the step `sum` in the first iteration of `lines`, which is in the third of the loop around it. The part
behind the `@` says in which iteration: it is what travels through Step Functions (`at`).

Neither `@` nor `/` stands in a step's name, so the name of an instance is a key like any step's.
"""

from __future__ import annotations

MARK = "@"


def instance(step: str, at: str) -> str:
    """The name of a step in an iteration; of a step in none its own."""
    return f"{step}{MARK}{at}" if at else step


def split(name: str) -> tuple[str, str]:
    """(step, at) of an instance's name."""
    step, _, at = name.partition(MARK)
    return step, at


def iteration(loop: str, index: int) -> str:
    """The `at` of a loop's iteration; `loop` is the loop's own name, an instance's if it is in one."""
    step, at = split(loop)
    return "/".join(part for part in (step, outer_path(at), f"{index:02d}") if part)


def outer_path(at: str) -> str:
    """The indices of an iteration and of those around it, the outermost first: `02/00`."""
    return at.partition("/")[2]


def indices(at: str) -> tuple[int, ...]:
    """The same as numbers."""
    path = outer_path(at)
    return tuple(int(part) for part in path.split("/")) if path else ()
