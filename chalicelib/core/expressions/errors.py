"""What can be wrong with an expression.

    ExpressionError (ValueError)
    ├── CompileError         the text is not an expression, or names something that does not exist
    ├── EvaluationError      the data does not fit: wrong type, overflow, division by zero
    │   └── MissingValue     no such member, key or index; `has` answers false
    └── ExpressionLimit      too long, too deep, too much work, too large; nothing swallows it

Messages name types and members, never values: a value may be a secret.
"""

from __future__ import annotations


class ExpressionError(ValueError):
    """Base of all errors of expressions and templates.

    `message` is the sentence, `column` the place in the author's expression (characters, from 1,
    line breaks counted as one) or None, `location` the place of a template in the params
    (`headers.X`) or None.
    """

    def __init__(
        self, message: str, *, column: int | None = None, location: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.location = location

    def __str__(self) -> str:
        text = self.message if self.column is None else f"{self.message} (column {self.column})"
        return f"{self.location}: {text}" if self.location else text


class CompileError(ExpressionError):
    """The text does not compile; it never will, whatever the data."""


class EvaluationError(ExpressionError):
    """The expression cannot be evaluated over this data."""


class MissingValue(EvaluationError):
    """Something is not there: a member, a key, an index."""


class ExpressionLimit(ExpressionError):
    """A limit of `limits.py` was reached."""
