"""The format of a workflow definition (S2), member by member.

The descriptions are the reference page.

The models check shapes and ranges; what needs more than one member (names, graphs, expressions,
actions) is in `checks`. Types are strict: a number is no text, a text is no number.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chalicelib.core.definitions.durations import parse_duration

LONGEST_TIMEOUT = 365 * 86_400
LONGEST_INTERVAL = 3_600
MOST_ITEMS = 1_000
MOST_AT_ONCE = 40
"""Items of a loop, and those of them at the same time: what an inline Map of Step Functions takes."""


def _timeout(text: str) -> str:
    seconds = parse_duration(text)
    if seconds < 1 or not seconds.is_integer():
        raise ValueError("must be a whole number of seconds, at least 1s")
    if seconds > LONGEST_TIMEOUT:
        raise ValueError("must be at most a year (365d)")
    return text


def _interval(text: str) -> str:
    if not 0 < parse_duration(text) <= LONGEST_INTERVAL:
        raise ValueError("must be more than 0s and at most 1h")
    return text


Timeout = Annotated[str, AfterValidator(_timeout)]
Interval = Annotated[str, AfterValidator(_interval)]
WorkflowName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\z", max_length=64)]
StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*\z", max_length=60)]
InputName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*\z", max_length=64)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\z", max_length=128)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*\z", max_length=128)]


class Model(BaseModel):
    """Base of all members: unknown ones are refused, types are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class InputModel(Model):
    """One input of the workflow."""

    type: Literal["string", "number", "boolean"] = Field(
        "string", description="What a value has to be. A boolean is no number."
    )
    description: str = Field("", max_length=1_000, description="For people; nothing reads it.")
    default: Any = Field(
        None,
        description="The value when a run gives none; it has to be of the type. Without a default "
        "every run has to give the input.",
    )


class RetryModel(Model):
    """When a step fails: how often it is tried, and how long to wait in between."""

    max_attempts: int = Field(
        1, ge=1, le=100, description="All tries, the first one included: 3 means two retries."
    )
    interval: Interval = Field(
        "1s",
        description="The wait before the second try, at most `1h`. Step Functions waits whole "
        "seconds: fractions are rounded up.",
    )
    backoff: Literal["fixed", "exponential"] = Field(
        "fixed",
        description="`fixed` waits the same each time; `exponential` doubles the wait, "
        "up to a day.",
    )


class StepModel(Model):
    """One step: an action with its parameters."""

    name: StepName = Field(
        description="Unique in the workflow. Small letters, digits, `_` and `-`; at most 60."
    )
    action: str = Field(
        min_length=1, max_length=100, description="What the step does, e.g. `http/request`."
    )
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="The action's parameters. `{{ … }}` is an expression; a value that is one "
        "whole `{{ … }}` keeps its type.",
    )
    if_: str | None = Field(
        None,
        alias="if",
        min_length=1,
        description="An expression, bare or as one whole `{{ … }}`. The step is skipped unless it "
        "is true.",
    )
    retry: RetryModel | None = Field(None, description="Without it a step is tried once.")
    timeout: Timeout | None = Field(
        None,
        description="The longest one try may take, in whole seconds and at most `15m`: a step is "
        "one Lambda call. A `delay`, an `approval` and a `workflow/run` may have up to a year.",
    )
    credential: SecretName | None = Field(
        None,
        description="Name of the secret the action signs in with. It is looked up when the step "
        "runs.",
    )
    depends_on: list[str] | None = Field(
        None,
        description="Steps that have to be done first. Where no step of a workflow has this "
        "member, the steps run in order; once one has it, a step without it starts at once.",
    )
    continue_on_error: bool = Field(
        False,
        description="Whether the run goes on when the step has failed for good. What comes after it "
        "can read `steps.<name>.error`.",
    )
    for_each: str | None = Field(
        None,
        min_length=1,
        description="An expression that gives a list, bare or as one whole `{{ … }}`. The action "
        "runs once for each item, with `item` and `index` in `params`; the step's output is the "
        "list of outputs.",
    )
    max_concurrency: int = Field(
        10, ge=1, le=MOST_AT_ONCE, description="Of a `for_each`: how many items run at once."
    )
    max_items: int = Field(
        MOST_ITEMS,
        ge=1,
        le=MOST_ITEMS,
        description="Of a `for_each`: a longer list fails the step.",
    )


class CronTrigger(Model):
    """Starts the workflow by the clock, at most once for each time that the schedule names."""

    type: Literal["cron"] = Field(description="`cron`")
    schedule: str = Field(
        pattern=r"^\S+( \S+){4}\z",
        max_length=100,
        description="Five fields, as in Unix cron: minute, hour, day of the month, month, day of "
        "the week.",
    )
    timezone: str = Field(
        "UTC",
        pattern=r"^[A-Za-z0-9_+/-]+\z",
        max_length=64,
        description="An IANA name, e.g. `Europe/Berlin`.",
    )


class WebhookTrigger(Model):
    """Starts the workflow on `POST /hooks/{path}`."""

    type: Literal["webhook"] = Field(description="`webhook`")
    path: str = Field(
        pattern=r"^(/hooks/)?[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){0,2}\z",
        max_length=200,
        description="Bare (`orders`) or whole (`/hooks/orders`), of one to three parts. One path "
        "is one workflow's, over all organisations.",
    )
    secret: SecretName | None = Field(
        None,
        description="Name of the secret behind the HMAC-SHA256 signature. Without one the hook "
        "needs an operator's token.",
    )


class EventTrigger(Model):
    """Starts the workflow on an event of the account's default bus, once for each event."""

    type: Literal["event"] = Field(description="`event`")
    pattern: dict[str, Any] = Field(
        min_length=1,
        description="An EventBridge event pattern of at most 2,048 characters; it has to name its "
        "`source`s.",
    )


Trigger = Annotated[CronTrigger | WebhookTrigger | EventTrigger, Field(discriminator="type")]


class HooksModel(Model):
    """Steps that run after a run's status is written; they never change it.

    A list runs in order, without `depends_on` and without a `delay`. Expressions may name every step
    of the run, `execution.status` and `execution.error`. A step that fails for good ends its list,
    unless it has `continue_on_error`."""

    on_success: list[StepModel] = Field(
        default_factory=list, max_length=20, description="After success."
    )
    on_failure: list[StepModel] = Field(
        default_factory=list, max_length=20, description="After a failure or a timeout."
    )
    on_finish: list[StepModel] = Field(
        default_factory=list,
        max_length=20,
        description="After every run, a cancelled one included, and after the other two.",
    )


class WorkflowModel(Model):
    """A whole definition."""

    name: WorkflowName = Field(description="Small letters, digits and `-`; at most 64.")
    description: str = Field("", max_length=1_000, description="For people; nothing reads it.")
    inputs: dict[InputName, InputModel] = Field(
        default_factory=dict,
        max_length=100,
        description="What a run may be given, by name: `inputs.<name>` in expressions.",
    )
    env: dict[VariableName, str] = Field(
        default_factory=dict,
        max_length=100,
        description="Constants, by name: `env.<name>` in expressions. Plain text, no `{{ }}`.",
    )
    triggers: list[Trigger] = Field(
        default_factory=list,
        max_length=20,
        description="What starts runs by itself. All inputs need a default then.",
    )
    timeout: Timeout | None = Field(
        None, description="The longest a run may take, in whole seconds and at most a year."
    )
    max_parallel_executions: int | None = Field(
        None,
        ge=1,
        le=1_000,
        description="How many runs may be live at once. Waiting ones do not count.",
    )
    on_limit: Literal["queue", "reject"] | None = Field(
        None,
        description="What happens to a run over that number: it waits as `pending` and starts, in "
        "order, when a place is free (`queue`, the default), or the start is answered with 429 "
        "(`reject`).",
    )
    hooks: HooksModel | None = Field(None, description="Steps that run when a run is over.")
    outputs: dict[InputName, str] | None = Field(
        None,
        max_length=100,
        description="The run's result, by name, each a `{{ … }}`. Without it, the last step's "
        "output is the result.",
    )
    steps: list[StepModel] = Field(min_length=1, description="At least one step.")
