"""Outcomes of a step's try. Their class names travel to Step Functions as error names, so a
compiled machine's `Retry` and `Catch` match on them: renaming one changes the machines.
"""

from __future__ import annotations


class StepFailed(Exception):
    """The action said no. `code` is the short word clients match on, `message` the sentence.

    `retryable` false means that trying again cannot help (bad parameters, a refused address):
    the worker then raises `StepRefused` instead, which no `Retry` names.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = True) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable


class StepRefused(Exception):
    """Raised out of the step's Lambda when the failure is final whatever the retry policy says."""


class RunOver(Exception):
    """The fence was closed: the run is terminal, so this step does nothing and is not retried."""
