"""`docker`: a turn is a Fargate task of the stage's cluster (S3).

The image names a task definition of the stage. The task gets the message and where to answer in its
environment, and works on after the turn; what it has to say it sends as messages of the agent's
(`POST /api/swarms/{name}/message`), with a token that its task definition gives it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.brains.base import Containers, World, agent_of, asked, heard
from chalicelib.cloud.aws import calling
from chalicelib.core.steps import StepFailed
from chalicelib.core.swarms.backends import IMAGE
from chalicelib.core.swarms.model import Mail
from chalicelib.core.swarms.ports import TurnContext, TurnResult

MOST_ENVIRONMENT: Final = 6_000
"""Characters of a message in the environment, as they stand in the call: ECS takes 8,192 of
overrides in all. A longer one is read at `RUNYARD_HISTORY_URL`."""


@dataclass(frozen=True, slots=True)
class ContainerBrain:
    world: World

    def turn(self, mail: Mail, context: TurnContext) -> TurnResult:
        """Raises StepFailed: `backend_missing` (final) on a stage without a cluster, `no_capacity`,
        `task_refused`, and what AWS's failures mean. A turn that is repeated starts no second task."""
        image = agent_of(context).backend.options.get("image")
        place = self.world.containers
        if place is None:
            message = "this stage has no cluster for containers"
            raise StepFailed("backend_missing", message, retryable=False)
        if not isinstance(image, str) or not IMAGE.match(image):
            raise StepFailed("invalid_config", "the backend docker needs image", retryable=False)
        with calling(f"image {image}"):
            answer = self.world.aws("ecs").run_task(**_task(place, image, mail, context))
        task = _started(answer, image)
        told = {"image": image, "task": task}
        return TurnResult(
            context.life.memory,
            logs=(heard(mail), ("system", f"Task {task} was started.")),
            events=(("backend_started", f"{context.node.name}: task {task}", told),),
        )


def _task(place: Containers, image: str, mail: Mail, context: TurnContext) -> dict[str, Any]:
    base = f"{place.callback.rstrip('/')}/api/swarms/{context.swarm}"
    environment = {
        "RUNYARD_SWARM": context.swarm,
        "RUNYARD_AGENT": context.node.name,
        "RUNYARD_MESSAGE_ID": mail.id,
        "RUNYARD_CALLBACK_URL": f"{base}/message",
        "RUNYARD_HISTORY_URL": f"{base}/agents/{context.node.name}/history",
    }
    body = asked(mail, context)
    # State and skills first go: what has to fit is the message.
    for members in (body.keys(), {"agent", "swarm", "message", "targets"}, {"message"}):
        text = json.dumps({name: body[name] for name in body if name in members})
        if len(json.dumps(text)) <= MOST_ENVIRONMENT:
            environment["RUNYARD_MESSAGE"] = text
            break
    own = f"{context.org}/{context.swarm}/{context.node.name}/{mail.id}"
    network: dict[str, Any] = {
        "subnets": list(place.subnets),
        "assignPublicIp": "ENABLED" if place.public_ip else "DISABLED",
    }
    if place.security_groups:
        network["securityGroups"] = list(place.security_groups)
    return {
        "cluster": place.cluster,
        "taskDefinition": place.task_definition.replace("{image}", image),
        "launchType": "FARGATE",
        "count": 1,
        "clientToken": hashlib.sha256(own.encode()).hexdigest(),
        "networkConfiguration": {"awsvpcConfiguration": network},
        "overrides": {
            "containerOverrides": [
                {
                    "name": place.container,
                    "environment": [{"name": n, "value": v} for n, v in environment.items()],
                }
            ]
        },
    }


def _started(answer: Any, image: str) -> str:
    """The id of the task. ECS answers 200 where it could not place it."""
    tasks = answer.get("tasks") or []
    if tasks:
        return str(tasks[0]["taskArn"]).rpartition("/")[2]
    failures = answer.get("failures") or [{}]
    reason = str(failures[0].get("reason", "no reason given"))[:200]
    if reason.startswith(("RESOURCE", "AGENT", "Capacity")):
        raise StepFailed("no_capacity", f"image {image}: {reason}")
    raise StepFailed("task_refused", f"image {image}: {reason}", retryable=False)
