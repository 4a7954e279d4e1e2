"""Models: one item each, which a deleted one keeps, and the versions of its methods beside the
workflows' (`<model>/<method>`), where steps find them with the read that they make anyway."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chalicelib.core.methods.model import LONGEST_NAME, Model
from chalicelib.core.runs.ports import Version
from chalicelib.store import keys
from chalicelib.store.run_items import dump
from chalicelib.store.table import ConditionFailed, Put, Table, Update
from chalicelib.store.wire import Item
from chalicelib.store.workflows import new_version

_IF_NEW: Final = "attribute_not_exists(#pk)"
_IF_STILL: Final = "#version = :expected"
_IF_THERE: Final = "attribute_exists(#pk) AND attribute_not_exists(#deleted)"


class Models:
    """Implements `core.methods.model.ModelStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, org: str, name: str) -> Model | None:
        """The model, deleted or not: one read."""
        if len(name) > LONGEST_NAME:
            return None
        item = self._table.get(keys.model_key(org, name))
        return _model_from(item) if item else None

    def all(self, org: str) -> list[Model]:
        """An organisation's models by name: one Query, a page per MB."""
        pk = keys.model_key(org, "")["pk"]
        found = [_model_from(item) for item in self._table.query_all("#pk = :pk", {"pk": pk})]
        return [model for model in found if not model.deleted]

    def publish(self, org: str, model: Model, versions: Sequence[Version], expected: int) -> bool:
        head = Put(
            {**keys.model_key(org, model.name), **_model_item(model)},
            condition=_IF_STILL if expected else _IF_NEW,
            values={"expected": expected} if expected else {},
        )
        try:
            self._table.transact([head, *(new_version(org, version) for version in versions)])
        except ConditionFailed as failed:
            old = failed.failed.get(0)
            if old is None:
                return False
            # Ours, if the answer to it was lost on the way.
            return replace(_model_from(old), global_arguments={}) == replace(
                model, global_arguments={}
            )
        return True

    def delete(self, org: str, name: str) -> bool:
        """One write. Its versions stay: runs need them."""
        if len(name) > LONGEST_NAME:
            return False
        update = Update(
            keys.model_key(org, name),
            "SET #deleted = :yes",
            condition=_IF_THERE,
            values={"yes": 1},
        )
        try:
            self._table.write(update)
        except ConditionFailed:
            return False
        return True


def _model_item(model: Model) -> Item:
    return {
        "name": model.name,
        "type": model.type,
        "arguments": dump(model.global_arguments),
        "description": model.description,
        "version": model.version,
        "methods": list(model.methods),
        "content_hash": model.content_hash,
        "updated_at": model.updated_at,
        "updated_by": model.updated_by,
    }


def _model_from(item: Item) -> Model:
    return Model(
        name=item["name"],
        type=item["type"],
        global_arguments=json.loads(item["arguments"]),
        description=item["description"],
        version=item["version"],
        methods=tuple(item["methods"]),
        content_hash=item["content_hash"],
        updated_at=item["updated_at"],
        updated_by=item["updated_by"],
        deleted=bool(item.get("deleted")),
    )
