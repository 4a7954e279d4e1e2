"""moto, quicker: most of the time of the component and chaos tests was moto's and botocore's own.

`quicken` puts equals in the place of what the profile showed. They give the same answers, and moto's
own code still decides every condition and makes every error; `tests/component/test_quick_moto.py`
compares.

| what | in moto | here |
| --- | --- | --- |
| a transaction's backup, for its rollback | a deep copy of the whole table | of the items it names |
| members of an answer | up to twelve spellings of each name, made anew each time | kept per shape |
| the functions of a service's class | found anew for each request | kept per class |
| what a walk through an expression looks for | asked of abstract classes at each node | kept |
| tokens of an update's expression | made anew each time | kept per text |
| whether two strings are equal, which is less | by way of a general value | as they are |
| boto3's session and its clients | made anew in each test, models of services included | kept |
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from moto import mock_aws
from moto.core import responses, serialize
from moto.core.config import default_user_config
from moto.core.models import MockAWS
from moto.core.utils import MISSING
from moto.dynamodb import models
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node
from moto.dynamodb.parsing.tokens import ExpressionTokenizer, Token


@cache
def quicken() -> None:
    """Do so, once in a process; it needs no undoing, since nothing changes but the time."""
    _backups_of_named_items()
    _kept_names()
    responses.method_names_from_class = cache(responses.method_names_from_class)
    responses.camelcase_to_underscores = cache(responses.camelcase_to_underscores)
    _kept_types()
    _kept_tokens()
    _plain_strings()


def quick_aws(**config: Any) -> MockAWS:
    """moto's `mock_aws`, quicker: boto3's session outlives the test, so it reads the services' models
    once and not in each test. Whatever is in moto does not."""
    quicken()
    core = {**default_user_config["core"], "reset_boto3_session": False}
    found: MockAWS = mock_aws(config={"core": core, **config})
    return found


_CLIENTS: dict[tuple[str, str], Any] = {}


def kept_client(service: str, *, region: str, **more: Any) -> Any:
    """A client of boto3 for as long as the process lives: it knows nothing of what moto holds."""
    config = more.get("config")
    asked = {**more, "config": config and config._user_provided_options}
    key = (service, repr((region, sorted(asked.items()))))
    if key not in _CLIENTS:
        _CLIENTS[key] = boto3.client(service, region_name=region, **more)
    return _CLIENTS[key]


def _backups_of_named_items() -> None:
    """`transact_write_items` copies each table, and puts the copy in its place to roll back. Only items
    that the transaction names are changed in place, so the copy may share all others."""
    named: list[dict[str, Any]] = []
    whole: Callable[[Any, dict[str, Any]], None] = models.DynamoDBBackend.transact_write_items

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        named[:] = [next(iter(item.values())) for item in transact_items]
        try:
            whole(self, transact_items)
        finally:
            named.clear()

    def deepcopy(found: Any) -> Any:
        if isinstance(found, Table) and named and found.stream_shard is None:
            return backup(found, [write for write in named if write["TableName"] == found.name])
        return copy.deepcopy(found)

    models.DynamoDBBackend.transact_write_items = transact_write_items
    models.copy = SimpleNamespace(deepcopy=deepcopy, copy=copy.copy)


def backup(table: Table, writes: list[dict[str, Any]]) -> Table:
    """The table as it is now, whatever the writes will do to their items."""
    found = copy.copy(table)
    found.items = defaultdict(dict, table.items)
    for write in writes:
        place, item = _place(table, write.get("Key") or write.get("Item") or {})
        if place not in table.items:
            continue
        if item is None:
            found.items[place] = copy.deepcopy(table.items[place])
            continue
        if found.items[place] is table.items[place]:
            found.items[place] = dict(table.items[place])
        if item in table.items[place]:
            found.items[place][item] = copy.deepcopy(table.items[place][item])
    return found


def _place(table: Table, key: dict[str, Any]) -> tuple[Any, Any]:
    """Where an item of this key is kept: its hash key and its range key, None for none."""
    parts = [
        models.DynamoType(key[name]) if name in key else None
        for name in (table.hash_key_attr, table.range_key_attr)
    ]
    return parts[0], parts[1]


def _kept_names() -> None:
    """The names under which a plain dictionary may hold a member depend on its shape alone."""
    slow = serialize.AttributePicker.__call__

    def pick(self: Any, context: Any) -> Any:
        obj, key = context.obj, context.key
        if type(obj) is not dict or type(self) is not serialize.XFormedAttributePicker:
            return slow(self, context)
        shape = context.shape
        try:
            names = shape.quick_names[key]
        except (AttributeError, KeyError):
            names = tuple(self.get_possible_keys(context))
            if any("." in name for name in names):
                return slow(self, context)
            shape.__dict__.setdefault("quick_names", {})[key] = names
        value = None
        for name in names:
            if (found := obj.get(name, MISSING)) is not MISSING:
                value = found
                break
        if not self.response_transformers:
            return value
        path = f"{context.key_path}.{key}"
        for end, transform in self.response_transformers.items():
            if path.endswith(end):
                return transform(value)
        return value

    serialize.AttributePicker.__call__ = pick


def _kept_types() -> None:
    """A walk through an expression's tree asks at each node which types it is looking for."""

    def nodes_to_be_processed(self: Any) -> tuple[type, ...]:
        found: tuple[type, ...] | None = self.__dict__.get("quick_types")
        if found is None:
            found = self.quick_types = tuple(self._processing_map())
        return found

    def traverse_node_recursively(self: Any, node: Any, child_id: int = -1) -> Any:
        if not is_node(type(node)):
            return node
        parent = node.parent
        for number, child in enumerate(node.children or ()):
            self.pre_processing_of_child(node, number)
            self.traverse_node_recursively(child, number)
        if is_wanted(type(node), self.nodes_to_be_processed()):
            node = self.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    @cache
    def is_node(kind: type) -> bool:
        return issubclass(kind, Node)

    @cache
    def is_wanted(kind: type, wanted: tuple[type, ...]) -> bool:
        return issubclass(kind, wanted)

    DepthFirstTraverser.nodes_to_be_processed = nodes_to_be_processed
    DepthFirstTraverser.traverse_node_recursively = traverse_node_recursively


def _kept_tokens() -> None:
    """The tokens of an expression depend on its text alone, and nobody changes them."""
    slow = ExpressionTokenizer.make_list
    kept = cache(lambda text: tuple(slow(text)))

    def make_list(cls: type, input_expression_str: str) -> list[Token]:
        return list(kept(input_expression_str))

    ExpressionTokenizer.make_list = classmethod(make_list)


def _plain_strings() -> None:
    """Keys are strings: what a string stands for is asked for at each look into a table."""
    slow = models.DynamoType.cast_value.fget

    def cast_value(self: Any) -> Any:
        return self.value if self.type == "S" else slow(self)

    models.DynamoType.cast_value = property(cast_value)
