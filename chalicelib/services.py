"""Where everything is wired: clients, stores, operations. Built on first use, once per process.

Each part is imported when it is first asked for: nine functions share this code, none needs all of
it, and a cold start pays for every import. What all of them need is imported at the top.

Tests build their own `Services` with clients that count, break or talk to moto; handlers ask
`services()`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.settings import settings
from chalicelib.swarm_services import SwarmWiring

if TYPE_CHECKING:
    from chalicelib.core.apply import Applier
    from chalicelib.core.methods.apply import ModelApplier
    from chalicelib.core.methods.run import MethodStarter
    from chalicelib.core.preview import Previewer
    from chalicelib.core.runs.aftermath import Aftermath
    from chalicelib.core.runs.approvals import Approvals
    from chalicelib.core.runs.call import Act
    from chalicelib.core.runs.cancel import Canceller
    from chalicelib.core.runs.cancel_all import BulkCanceller
    from chalicelib.core.runs.cascade import Cascade
    from chalicelib.core.runs.children import Children
    from chalicelib.core.runs.conclude import Finisher
    from chalicelib.core.runs.delete import Deleter
    from chalicelib.core.runs.launch import Launcher
    from chalicelib.core.runs.loops import LoopRunner
    from chalicelib.core.runs.places import Admission
    from chalicelib.core.runs.reconcile import Reconciler
    from chalicelib.core.runs.retry import Retrier
    from chalicelib.core.runs.start import Starter
    from chalicelib.core.runs.step import StepRunner
    from chalicelib.core.runs.waiting import Tokens
    from chalicelib.core.triggers.archive import Archiver
    from chalicelib.core.triggers.fire import Firer
    from chalicelib.core.triggers.follow import Follower
    from chalicelib.store.claims import HookClaims
    from chalicelib.store.workflows import Head
    from chalicelib.workers.fan_out import FanOut
    from chalicelib.workers.socket_requests import SocketRequests
    from chalicelib.workers.streamer import Streamer

ClientFactory = Callable[..., Any]


class Services(SwarmWiring):
    """Every operation, wired to the resources of its stage."""

    @cached_property
    def starter(self) -> Starter:
        from chalicelib.core.runs.start import Starter
        from chalicelib.reading import check_inputs

        return Starter(
            self.runs, self.workflows, self.admission, check_inputs, self.clock, self.kept
        )

    @cached_property
    def admission(self) -> Admission:
        from chalicelib.core.runs.places import Admission

        return Admission(
            self.runs, self.places, self.workflows, self.launcher, self.clock, self.kept
        )

    @cached_property
    def launcher(self) -> Launcher:
        from chalicelib.core.runs.launch import Launcher
        from chalicelib.store.reuse import ReusedSteps

        reused = ReusedSteps(self.table, self.blobs, retention_days=self.settings.retention_days)
        return Launcher(self.runs, self.machines, reused, self.clock)

    @cached_property
    def retrier(self) -> Retrier:
        from chalicelib.core.runs.retry import Retrier

        return Retrier(
            self.runs, self.workflows, self.starter, self.repeats, lambda: self.shared_machine
        )

    @cached_property
    def canceller(self) -> Canceller:
        from chalicelib.core.runs.cancel import Canceller

        return Canceller(self.runs, self.machines, self.clock, lambda run: self.cascade.follow(run))

    @cached_property
    def cascade(self) -> Cascade:
        from chalicelib.core.runs.cascade import Cascade

        return Cascade(self.runs, self.machines, self.clock, lambda *run: self.loops.bodies(*run))

    @cached_property
    def children(self) -> Children:
        from chalicelib.waiting_services import children

        return children(self)

    @cached_property
    def bulk_canceller(self) -> BulkCanceller:
        import time

        from chalicelib.core.runs.cancel_all import BulkCanceller

        # Made here and now: boto3 cannot make two clients at once, and this one has threads.
        self._client("stepfunctions")
        return BulkCanceller(
            self.runs, self.machines, self.clock, time.monotonic, self.cascade.follow
        )

    @cached_property
    def model_applier(self) -> ModelApplier:
        from chalicelib.model_services import model_applier

        return model_applier(self)

    @cached_property
    def method_starter(self) -> MethodStarter:
        from chalicelib.model_services import method_starter

        return method_starter(self)

    @cached_property
    def finisher(self) -> Finisher:
        from chalicelib.core.runs.conclude import Finisher
        from chalicelib.reading import render_outputs

        return Finisher(self.runs, self.workflows, render_outputs, self.clock)

    @cached_property
    def applier(self) -> Applier:
        from chalicelib.core.apply import Applier
        from chalicelib.reading import Reader

        reader = Reader(self.settings)
        return Applier(
            self.workflows,
            self.machines,
            reader.read,
            reader.compile,
            self.triggers,
            self.clock,
        )

    @cached_property
    def triggers(self) -> Follower:
        from chalicelib.trigger_services import follower

        return follower(self)

    @cached_property
    def hooks(self) -> HookClaims:
        from chalicelib.store.claims import HookClaims
        from chalicelib.trigger_services import heads

        return HookClaims(self.table, heads(self), clock=self.clock)

    @cached_property
    def archiver(self) -> Archiver[Head]:
        from chalicelib.trigger_services import archiver

        return archiver(self)

    @cached_property
    def firer(self) -> Firer:
        from chalicelib.trigger_services import firer

        return firer(self)

    @cached_property
    def previewer(self) -> Previewer:
        from chalicelib.core.preview import Previewer
        from chalicelib.reading import Reader

        reader = Reader(self.settings)
        return Previewer(self.workflows, reader.read, reader.compile)

    @cached_property
    def reconciler(self) -> Reconciler:
        from chalicelib.core.runs.reconcile import Reconciler
        from chalicelib.waiting_services import send_again

        return Reconciler(
            self.runs,
            self.machines,
            self.finisher,
            self.launcher,
            self.fan_out.seal,
            lambda *run: send_again(self, *run),
            self.admission.admit,
            self.clock,
            self.deleter,
        )

    @cached_property
    def callbacks(self) -> Tokens:
        from chalicelib.waiting_services import tokens

        return tokens(self)

    @cached_property
    def approvals(self) -> Approvals:
        from chalicelib.waiting_services import approvals

        return approvals(self)

    @cached_property
    def deleter(self) -> Deleter:
        import time

        from chalicelib.core.runs.delete import Deleter
        from chalicelib.store.deletion import Deletions

        store = Deletions(self.table, self.blobs, shards=self.settings.index_shards)
        return Deleter(store, self.machines, self.clock, time.monotonic)

    def step_runner(self, act: Act) -> StepRunner:
        from chalicelib.step_services import step_runner

        return step_runner(self, act)

    def hook_runner(self, hook: str, act: Act) -> StepRunner:
        from chalicelib.step_services import hook_runner

        return hook_runner(self, hook, act)

    def loop_runner(self, act: Act) -> LoopRunner:
        from chalicelib.step_services import loop_runner

        return loop_runner(self, act)

    @cached_property
    def fan_out(self) -> FanOut:
        from chalicelib.telemetry import run_ended
        from chalicelib.workers.fan_out import FanOut

        return FanOut(
            runs=self.runs,
            log=self.log,
            sockets=self.sockets,
            post=self.post,
            follow=self.aftermath.follow,
            ended=run_ended,
            units=self.v1.units_of,
        )

    @cached_property
    def aftermath(self) -> Aftermath:
        """What follows from a run's end, in this order."""
        from chalicelib.waiting_services import aftermath

        return aftermath(self)

    @cached_property
    def streamer(self) -> Streamer:
        from chalicelib.workers.streamer import Streamer

        return Streamer(self.log, self.sockets, self.post)

    @cached_property
    def socket_requests(self) -> SocketRequests:
        from chalicelib.workers.socket_requests import SocketRequests

        return SocketRequests(
            starter=self.starter,
            methods=self.method_starter,
            canceller=self.canceller,
            runs=self.runs,
            lists=self.lists,
            sockets=self.sockets,
            streamer=self.streamer,
            post=self.post,
        )

    @property
    def readiness(self) -> Mapping[str, Callable[[], object]]:
        """What has to answer before this stage is ready (S2), by name."""
        return {
            "table": self.orgs,
            "state_machine": self.machines.reachable,
            "bucket": self.blobs.reachable,
        }


@cache
def services() -> Services:
    """This process's services."""
    return Services(settings())
