"""What `services` has for node graphs, imported when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from chalicelib.resources import Resources

if TYPE_CHECKING:
    from chalicelib.cloud.chains import Chains
    from chalicelib.core.graphs.loops import GraphLoopRunner
    from chalicelib.core.graphs.runs import GraphStarter
    from chalicelib.core.graphs.waits import Resumer
    from chalicelib.core.runs.call import Act
    from chalicelib.core.runs.repeats import Repeats
    from chalicelib.services import Services


class GraphWiring(Resources):
    """Operations on runs of node graphs (S1)."""

    @cached_property
    def graphs(self) -> GraphStarter:
        """Starts runs."""
        from chalicelib.core.graphs.runs import GraphStarter

        return GraphStarter(
            self._whole.starter,
            lambda: self.shared_machine,
            lambda: self.sync_machine,
            self.machines,
            self.runs,
            self.clock,
            self.repeats,
        )

    @cached_property
    def repeats(self) -> Repeats:
        """Finds the run of a start that is sent again."""
        from chalicelib.core.runs.repeats import Repeats

        return Repeats(self.runs, self._whole.admission, self.clock)

    def graph_loop_runner(self, act: Act) -> GraphLoopRunner:
        """Runs the calls before and behind a loop."""
        from chalicelib.step_services import graph_loop_runner

        return graph_loop_runner(self._whole, act)

    @cached_property
    def chains(self) -> Chains:
        """The endpoints of chains that the stage has."""
        from chalicelib.cloud.chains import Chains
        from chalicelib.settings import endpoints_of

        return Chains(self.outbound_http, endpoints_of(self.settings.rpc_endpoints))

    @cached_property
    def resumer(self) -> Resumer:
        """Resumes nodes that wait."""
        from chalicelib.core.graphs.waits import Resumer
        from chalicelib.waiting_services import hold_items

        found = self._whole
        return Resumer(self.runs, hold_items(found), found.callbacks, self.clock)

    @cached_property
    def shared_machine(self) -> str:
        """The name of the machine that runs any graph, which is there then. One CreateStateMachine
        in the life of a process; for a machine that exists it answers just that."""
        from chalicelib.core.compiler.shared import NAME, shared_definition

        stage = self.settings
        definition = shared_definition(step_arn=stage.step_arn, finish_arn=stage.finish_arn)
        return self.machines.publish(NAME, definition)

    @cached_property
    def sync_machine(self) -> str:
        """The same of the Express machine for graphs that somebody waits for."""
        from chalicelib.core.compiler.shared import SYNC_NAME, sync_definition

        stage = self.settings
        definition = sync_definition(step_arn=stage.step_arn, finish_arn=stage.finish_arn)
        return self.machines.publish(SYNC_NAME, definition, express=True)

    @property
    def _whole(self) -> Services:
        """This is only ever a part of it."""
        return cast("Services", self)
