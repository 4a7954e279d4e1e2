"""Every limit of an expression, in one place. `docs/expressions.md` shows them, a test compares.

They make any expression safe to evaluate: whatever the text and the data, evaluation stops with
`ExpressionLimit` before it costs about a second or some tens of megabytes. The budget counts
work, not time, so the same expression over the same data always gives the same answer.
"""

from __future__ import annotations

MAX_TEXT = 4096
"""Characters of one expression."""

MAX_DEPTH = 64
"""Levels of brackets, members, negations and `? :` inside one another."""

MAX_STEPS = 500_000
"""Units of work of one evaluation, or of one `render` with all its expressions.

One unit is one node of the expression evaluated, one element visited or compared, or
`CHARACTERS_PER_STEP` characters of text read or made.
"""

CHARACTERS_PER_STEP = 64
"""Characters of text that count as one unit of work."""

MAX_STRING = 1_000_000
"""Characters (bytes, for bytes) of any text made on the way."""

MAX_ITEMS = 100_000
"""Elements of any list made on the way."""

MAX_RESULT_BYTES = 1_000_000
"""Bytes of one result as compact JSON."""

MAX_RENDERED_BYTES = 4_000_000
"""Bytes of all results of one `render` together."""

MAX_VALUE_DEPTH = 100
"""Levels of lists and maps inside one another in a result, or in the params that are rendered."""

MAX_PATTERN = 1_000
"""Characters of a regular expression."""

MAX_PATTERNS = 20
"""Different regular expressions in one evaluation."""

PATTERN_MEMORY = 1 << 18
"""Bytes RE2 may use for one compiled pattern and its automaton."""

PATTERN_COST = 128
"""Characters times instructions of the compiled pattern that count as one unit of work."""

CACHED_EXPRESSIONS = 512
"""Parsed expressions kept for the next evaluation in the same process."""
