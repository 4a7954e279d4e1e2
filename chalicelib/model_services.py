"""The wiring of models and their methods: a part of `services`, which remembers what is made here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.actions.registry import Catalogue, catalogue
from chalicelib.core.addresses import parse_networks
from chalicelib.reading import PLANNED_ACTIONS, Reader

if TYPE_CHECKING:
    from chalicelib.core.methods.apply import ModelApplier
    from chalicelib.core.methods.run import MethodStarter
    from chalicelib.services import Services


def model_applier(found: Services) -> ModelApplier:
    from chalicelib.core.methods.apply import ModelApplier

    compiler = Reader(found.settings).compile
    return ModelApplier(
        found.models, found.machines, _actions(found), PLANNED_ACTIONS, compiler, found.clock
    )


def method_starter(found: Services) -> MethodStarter:
    from chalicelib.core.methods.run import MethodStarter

    return MethodStarter(
        found.models, found.workflows, _actions(found), PLANNED_ACTIONS, found.starter
    )


def _actions(found: Services) -> Catalogue:
    return catalogue(parse_networks(found.settings.outbound_allow))
