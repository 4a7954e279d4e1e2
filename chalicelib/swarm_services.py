"""What `services` has for swarms (S3), imported when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.graph_wiring import GraphWiring

if TYPE_CHECKING:
    from chalicelib.brains.base import Containers, World
    from chalicelib.cloud.doorbell import Bells
    from chalicelib.cloud.swarm_timers import SwarmTimers
    from chalicelib.core.swarms.manage import Manager
    from chalicelib.core.swarms.router import Router
    from chalicelib.core.swarms.task_runs import TaskRunStarter
    from chalicelib.core.swarms.task_steps import AgentTasks
    from chalicelib.core.swarms.turn import TurnTaker
    from chalicelib.core.swarms.wake import Waker
    from chalicelib.core.swarms.watch import Watch
    from chalicelib.store.skills import Skills
    from chalicelib.store.swarm_events import SwarmEvents
    from chalicelib.store.swarm_mail import SwarmMail
    from chalicelib.store.swarms import Swarms
    from chalicelib.store.watchers import Watchers
    from chalicelib.workers.phoenix_requests import PhoenixRequests
    from chalicelib.workers.swarm_posts import SwarmPosts


class SwarmWiring(GraphWiring):
    """Operations on swarms, and what they stand on."""

    @cached_property
    def swarms(self) -> Manager:
        """Everything that routes and sockets do with swarms."""
        from chalicelib.core.swarms.backends import parse_backends
        from chalicelib.core.swarms.manage import Manager

        return Manager(
            store=self.swarm_store,
            mail=self.swarm_mail,
            events=self.swarm_events,
            bell=self.bells,
            timers=self.swarm_timers,
            clock=self.clock,
            backends=parse_backends(self.settings.swarm_backends),
        )

    @cached_property
    def swarm_store(self) -> Swarms:
        from chalicelib.store.swarms import Swarms

        return Swarms(self.table, self.blobs, **self._kept)

    @cached_property
    def swarm_mail(self) -> SwarmMail:
        from chalicelib.store.swarm_mail import SwarmMail

        return SwarmMail(self.table, clock=self.clock, **self._kept)

    @cached_property
    def swarm_events(self) -> SwarmEvents:
        from chalicelib.core.swarms.taxonomy import types_with
        from chalicelib.store.swarm_events import SwarmEvents

        return SwarmEvents(self.table, clock=self.clock, types_with=types_with, **self._kept)

    @cached_property
    def skills(self) -> Skills:
        from chalicelib.store.skills import Skills

        return Skills(self.blobs)

    @cached_property
    def bells(self) -> Bells:
        from chalicelib.cloud.doorbell import Bells

        return Bells(lambda: self.client("sqs"), self.settings.swarm_queue_url)

    @cached_property
    def swarm_timers(self) -> SwarmTimers:
        from chalicelib.cloud.swarm_timers import SwarmTimers

        found = self.settings
        return SwarmTimers(
            lambda: self.client("scheduler"),
            group=found.schedule_group,
            role_arn=found.schedule_role_arn,
            target_arn=found.fire_arn,
        )

    @cached_property
    def swarm_router(self) -> Router:
        from chalicelib.core.swarms.router import Router

        return Router(self.swarm_store, self.swarm_mail, self.swarm_events)

    @cached_property
    def swarm_turns(self) -> TurnTaker:
        from chalicelib.brains.registry import brain_for
        from chalicelib.core.swarms.task_steps import wanted
        from chalicelib.core.swarms.turn import TurnTaker
        from chalicelib.swarm_contexts import SwarmContexts

        # Made here and now: boto3 cannot make two clients at once, and turns have threads.
        for service in ("dynamodb", "sqs", "s3", "scheduler", "bedrock-runtime", "lambda", "kms"):
            self.client(service)
        world, steps = self._world, self.steps
        return TurnTaker(
            store=self.swarm_store,
            mail=self.swarm_mail,
            bell=self.bells,
            timers=self.swarm_timers,
            brains=lambda org, node: brain_for(node, world),
            contexts=SwarmContexts(self.swarm_store, self.skills),
            clock=self.clock,
            wanted=lambda org, mail: wanted(steps, org, mail),
        )

    @cached_property
    def agent_tasks(self) -> AgentTasks:
        """Steps that are agents' tasks: how they wait, and how they end."""
        from chalicelib.core.swarms.task_steps import AgentTasks
        from chalicelib.store.waits import Waits

        return AgentTasks(
            swarms=self.swarms,
            store=self.swarm_store,
            mail=self.swarm_mail,
            steps=self.steps,
            versions=self.workflows,
            tokens=self._whole.callbacks,
            place=Waits(self.table, retention_days=self.settings.retention_days).place,
            clock=self.clock,
        )

    @cached_property
    def task_starter(self) -> TaskRunStarter:
        """Starts agents' tasks as runs."""
        from chalicelib.core.swarms.task_runs import TaskRunStarter

        return TaskRunStarter(self.swarms, self._whole.starter, lambda: self.task_machine)

    @cached_property
    def task_machine(self) -> str:
        """The name of the machine that all of these runs share, which is there then. One
        CreateStateMachine in the life of a process; for a machine that exists it answers just that."""
        from chalicelib.core.swarms.task_version import STEP, task_plan
        from chalicelib.reading import Reader

        compiled = Reader(self.settings).compile(task_plan())
        return self.machines.publish(STEP, compiled.text)

    @cached_property
    def swarm_watch(self) -> Watch:
        from chalicelib.core.swarms.watch import Watch

        return Watch(self.swarms, self.swarm_router)

    @cached_property
    def swarm_waker(self) -> Waker:
        from chalicelib.core.swarms.wake import Waker

        return Waker(self.swarm_store, self.swarm_mail, self.swarm_timers, self.clock)

    @cached_property
    def watchers(self) -> Watchers:
        from chalicelib.store.watchers import Watchers

        return Watchers(self.table)

    @cached_property
    def phoenix_requests(self) -> PhoenixRequests:
        from chalicelib.workers.phoenix_requests import PhoenixRequests

        return PhoenixRequests(
            manager=self.swarms,
            watchers=self.watchers,
            mail=self.swarm_mail,
            events=self.swarm_events,
            sockets=self.sockets,
            post=self.post,
        )

    @cached_property
    def swarm_posts(self) -> SwarmPosts:
        from chalicelib.workers.swarm_posts import SwarmPosts

        return SwarmPosts(self.watchers, self.sockets, self.post)

    @property
    def _kept(self) -> dict[str, Any]:
        found = self.settings
        return {"shards": found.index_shards, "retention_days": found.retention_days}

    @cached_property
    def _world(self) -> World:
        from chalicelib.brains.base import World

        return World(
            http=lambda: self.outbound_http,
            bedrock=self.bedrock,
            aws=self.aws,
            reach=self.reach,
            credential=lambda org, name: self.secrets.credential(org, name),
            model=self.settings.swarm_model,
            containers=containers_of(self.settings.swarm_docker, self.settings.public_url),
            now=self.clock,
        )


def containers_of(text: str, callback: str) -> Containers | None:
    """Where containers of agents run, of the setting `swarm_docker`; None where it is empty. Raises
    ValueError."""
    if not text:
        return None
    from chalicelib.brains.base import Containers

    given = dict(part.split("=", 1) for part in text.split(";"))
    return Containers(
        cluster=given["cluster"],
        task_definition=given["task"],
        subnets=tuple(given["subnets"].split(",")),
        security_groups=tuple(filter(None, given.get("groups", "").split(","))),
        callback=callback,
    )
