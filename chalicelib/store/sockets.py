"""Connections and what they are subscribed to.

A connection and its subscriptions share a partition (so that a closed socket takes them along),
and each subscription stands once more in its run's partition, where the fan-out finds it with one
Query. That second item has the state:

    catching up ── flip: no event behind `after` ── live: gets every event with a number > after

The flip is a transaction that checks that the log has no event behind the last one sent, so
between catching up and live nothing is missed and nothing is sent twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.core.roles import Principal, Role
from chalicelib.store import keys
from chalicelib.store.log import add_counts
from chalicelib.store.run_items import dump
from chalicelib.store.table import Check, ConditionFailed, Delete, Put, Table, Update
from chalicelib.store.watchers import drop_watcher
from chalicelib.store.wire import Item

LIFETIME_SECONDS: Final = 3 * 3600
"""API Gateway closes a socket after two hours; a forgotten item goes an hour later."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open socket: who is behind it, and the path (so the dialect) it was opened on."""

    id: str
    path: str
    principal: Principal
    expires_at: int
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A connection's wish for a run's events. `request` is the client's id of that request."""

    org: str
    run_id: str
    connection: str
    request: str
    after: int = 0
    live: bool = False
    expires_at: int = 0


class Sockets:
    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, connection: Connection) -> None:
        """Remember a connection and count it, in one transaction."""
        principal = connection.principal
        self._table.transact(
            [
                Put(
                    {
                        **keys.connection_key(connection.id),
                        "path": connection.path,
                        "query": dump(connection.query),
                        "org": principal.org,
                        "principal": principal.name,
                        "role": principal.role.word,
                        "token_id": principal.token_id,
                        "expires_at": connection.expires_at,
                    },
                    condition="attribute_not_exists(#pk)",
                ),
                add_counts(principal.org, "sockets", {"open": 1}),
            ]
        )

    def get(self, connection_id: str) -> Connection | None:
        item = self._table.get(keys.connection_key(connection_id))
        return _connection_from(connection_id, item) if item else None

    def forget(self, connection_id: str) -> None:
        """Drop a connection and its subscriptions. One that is gone already is fine."""
        pk = keys.connection_pk(connection_id)
        for item in list(self._table.query_all("#pk = :pk", {"pk": pk})):
            if item["sk"].startswith("RUN#"):
                self._drop(_subscription_from(item))
                continue
            if item["sk"].startswith("SWARM#"):
                self._table.transact(drop_watcher(item))
                continue
            try:
                self._table.transact(
                    [
                        Delete(
                            keys.connection_key(connection_id), condition="attribute_exists(#pk)"
                        ),
                        add_counts(item["org"], "sockets", {"open": -1}),
                    ]
                )
            except ConditionFailed:
                continue

    def subscribe(self, subscription: Subscription) -> None:
        """Store a subscription that is still catching up."""
        item = _subscription_item(subscription)
        self._table.transact(
            [
                Put({**_in_run(subscription), **item}),
                Put({**_in_connection(subscription), **item}),
            ]
        )

    def go_live(self, subscription: Subscription, after: int) -> bool:
        """Flip to live if the log has nothing behind `after`. False: there is more to send first.

        A subscription that was dropped meanwhile stays dropped (True: nothing is left to send).
        """
        following = keys.event_key(subscription.org, subscription.run_id, after + 1)
        try:
            self._table.transact(
                [
                    Check(following, "attribute_not_exists(#pk)"),
                    Update(
                        _in_run(subscription),
                        "SET #live = :yes, #after = :after",
                        condition="attribute_exists(#pk)",
                        values={"yes": 1, "after": after},
                    ),
                ]
            )
        except ConditionFailed as failed:
            return 0 not in failed.failed
        return True

    def of_run(self, org: str, run_id: str) -> list[Subscription]:
        """Everyone who wants a run's events: one consistent Query."""
        items = self._table.query_all(
            "#pk = :pk AND begins_with(#sk, :prefix)",
            {"pk": keys.run_pk(org, run_id), "prefix": keys.SUBSCRIBER_PREFIX},
        )
        return [_subscription_from(item) for item in items]

    def run_of(self, connection_id: str, request: str) -> str | None:
        """The run that a request of this connection is subscribed to, if it still is."""
        values = {"pk": keys.connection_pk(connection_id), "prefix": "RUN#"}
        for item in self._table.query_all("#pk = :pk AND begins_with(#sk, :prefix)", values):
            if item["request"] == request:
                return str(item["run_id"])
        return None

    def unsubscribe(self, subscription: Subscription) -> None:
        self._drop(subscription)

    def _drop(self, subscription: Subscription) -> None:
        self._table.transact([Delete(_in_run(subscription)), Delete(_in_connection(subscription))])


def _in_run(subscription: Subscription) -> dict[str, str]:
    return keys.subscriber_key(
        subscription.org, subscription.run_id, subscription.connection, subscription.request
    )


def _in_connection(subscription: Subscription) -> dict[str, str]:
    return keys.subscription_key(subscription.connection, subscription.run_id, subscription.request)


def _subscription_item(subscription: Subscription) -> Item:
    return {
        "org": subscription.org,
        "run_id": subscription.run_id,
        "connection": subscription.connection,
        "request": subscription.request,
        "after": subscription.after,
        "expires_at": subscription.expires_at,
    }


def _subscription_from(item: Mapping[str, Any]) -> Subscription:
    return Subscription(
        org=item["org"],
        run_id=item["run_id"],
        connection=item["connection"],
        request=item["request"],
        after=item["after"],
        live=bool(item.get("live")),
        expires_at=item["expires_at"],
    )


def _connection_from(connection_id: str, item: Item) -> Connection:
    return Connection(
        id=connection_id,
        path=item["path"],
        principal=Principal(
            name=item["principal"],
            org=item["org"],
            role=Role.named(item["role"]),
            token_id=item.get("token_id", ""),
        ),
        expires_at=item["expires_at"],
        query=json.loads(item["query"]),
    )
