"""Frames to open sockets, through API Gateway's management endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.cloud.calls import code_of, later_is_unavailable
from chalicelib.core.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

_TRIES = 3


class Gone(Exception):
    """The socket is closed: forget the connection."""


class Post:
    def __init__(self, client: Callable[[], ApiGatewayManagementApiClient]) -> None:
        self._client = client

    def frame(self, connection_id: str, frame: Any) -> None:
        """Send one JSON frame: an object, or an array where the protocol has those. Raises Gone
        when nobody is there any more.

        A socket that AWS does not let us write to is closed after three tries: its client comes
        back and is sent what it missed, whereas skipping a frame would leave a hole.
        """
        data = json.dumps(frame, separators=(",", ":"), ensure_ascii=False).encode()
        for turn in range(_TRIES):
            try:
                with later_is_unavailable("the socket"):
                    self._client().post_to_connection(ConnectionId=connection_id, Data=data)
                return
            except Unavailable:
                if turn == _TRIES - 1:
                    self.close(connection_id)
                    raise Gone(connection_id) from None
            except ClientError as error:
                if code_of(error) in {"GoneException", "410", "BadRequestException"}:
                    raise Gone(connection_id) from error
                raise

    def close(self, connection_id: str) -> None:
        """Close a socket. One that is closed already is fine."""
        try:
            with later_is_unavailable("the socket"):
                self._client().delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            if code_of(error) not in {"GoneException", "410"}:
                raise
