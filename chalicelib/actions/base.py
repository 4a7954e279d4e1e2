"""What every action is: parameters, an output, and one function between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from chalicelib.core.clock import Clock, utc_now
from chalicelib.core.credentials import Credential
from chalicelib.core.errors import Problem
from chalicelib.core.reach import Reach

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

    from chalicelib.cloud.http import OutboundHttp

LateRender = Callable[[Any, Mapping[str, Any]], Any]
JSON = Any
"""What `json.dumps` takes: what a step stores as its output."""


def _no_aws(service: str) -> Any:
    raise AssertionError(f"nothing here calls {service}")


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action may use of the world, handed in by the step worker."""

    http: OutboundHttp
    bedrock: Callable[[], BedrockRuntimeClient]
    """Makes (or remembers) the client: an action that asks no model pays nothing for it."""
    remaining: Callable[[], float]
    """Seconds this try has left; an action does not plan beyond."""
    now: Clock = utc_now
    idempotency_key: str | None = None
    """The same for every try of this step of this run, and for no other: `<run id>/<step>`, of
    an item of a loop `<run id>/<step>/<index>`."""
    aws: Callable[[str], Any] = _no_aws
    """The client of an AWS service, by boto3's name of it."""
    reach: Reach | None = None
    """What of AWS the organisation's steps may touch; None is nothing."""
    credential: Credential | None = None
    """The step's secret, for this try. It must not get into outputs, errors or logs."""
    late: LateRender | None = None
    """Renders the params of a model's tools, once what the model said is known."""

    def allowed(self, service: str, resource: str, shown: str) -> str:
        """The ARN of a resource the step may touch. `shown` is what its author called it.

        Raises StepFailed `resource_not_allowed` (final).
        """
        reach = self.reach or Reach("", prefix="runyard")
        return reach.allow(reach.arn(service, resource), shown)


class ActionParams(BaseModel):
    """Base of every action's parameters. Inputs are kept out of messages: they may be secrets."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


P = TypeVar("P", bound=BaseModel)


class Action(ABC, Generic[P]):
    """One kind of step. Stateless: one object serves the life of the process."""

    name: ClassVar[str]
    Params: ClassVar[type[BaseModel]]
    Output: ClassVar[Any]
    """A TypedDict: documentation, and the check of `run` by mypy."""
    effectful: ClassVar[bool]
    """Whether a try that may or may not have happened can matter to the outside."""
    signs_in: ClassVar[bool] = False
    """Whether the action can use a credential; a step of another may not name one."""
    later: ClassVar[tuple[str, ...]] = ()
    """Documented parameters that this version does not have yet: apply answers 501 naming them."""

    def shape_problems(self, params: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with which members are there, whatever their values: decided before
        templates are rendered and again after."""
        return []

    def nested(self, params: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """(place, action, params) of other actions that these parameters name: checked too."""
        yield from ()

    def late_inputs(self, place: str) -> tuple[str, ...]:
        """Inputs that expressions at that place of the params may name beside the run's own."""
        return ()

    @abstractmethod
    def run(self, params: P, context: ActionContext) -> JSON:
        """Does it and returns the step's output. Raises StepFailed."""
