"""Nodes of chains as calls over JSON-RPC: what is asked, and what the answer means.

Nothing is signed here. Who sends is an account that the stage's endpoint holds (`eth_sendTransaction`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.core.steps import StepFailed

READS: Final = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
    }
)
"""What an `evm-read` may ask: nothing of it changes the chain."""
SWAP: Final = "38ed1739"
"""`swapExactTokensForTokens(uint256,uint256,address[],address,uint256)`, as Uniswap's second router and
those after its model have it."""
SWAP_SECONDS: Final = 1_200
"""How long a swap may take to be mined, where it does not say."""
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}\Z")
_HOST: Final = re.compile(r"(?:[a-z0-9._-]+|[0-9a-f:.]+)\Z")
_WORD: Final = 2**256


@dataclass(frozen=True, slots=True)
class RpcCall:
    """One call of an endpoint; `result` is the member of the node's result that the answer is."""

    chain: int
    method: str
    params: Sequence[Any]
    result: str

    @property
    def writes(self) -> bool:
        """Whether it may change the chain."""
        return self.method not in READS


def rpc_call(node_type: str, payload: Mapping[str, Any], now: datetime) -> RpcCall:
    """What a node asks its chain. Raises StepFailed, never retryable, for values that are none."""
    chain = int(payload["chainId"])
    if node_type == "evm-read":
        method = payload.get("method", "eth_call")
        if method not in READS:
            raise _wrong(f"method: {method!r} is none that only reads")
        return RpcCall(chain, method, payload.get("params", []), "result")
    sender = _address(payload["from"], "from")
    if node_type == "evm-transfer":
        to = _address(payload["to"], "to")
        value = hex(_amount(payload["amount"], "amount"))
        sent = {"from": sender, "to": to, "value": value}
    else:
        router = _address(payload["router"], "router")
        sent = {"from": sender, "to": router, "data": _swap(payload, sender, now)}
    return RpcCall(chain, "eth_sendTransaction", [sent], "txHash")


def shown_endpoint(url: str) -> str:
    """What may be told of an endpoint: scheme, host and port. Its path, its query and whoever stands
    before its host are often its key. Empty for what is no such address."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _HOST.match(host):
        return ""
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + ("" if port is None else f":{port}")


def _swap(payload: Mapping[str, Any], sender: str, now: datetime) -> str:
    """The call's data: five words, the third of which says where the path begins."""
    path = [_address(each, f"path[{index}]") for index, each in enumerate(payload["path"])]
    if len(path) < 2:
        raise _wrong("path: needs at least two tokens")
    deadline = payload.get("deadline", int(now.timestamp()) + SWAP_SECONDS)
    words = [
        _amount(payload["amountIn"], "amountIn"),
        _amount(payload.get("amountOutMin", 0), "amountOutMin"),
        5 * 32,
        int(sender, 16),
        _amount(deadline, "deadline"),
        len(path),
        *(int(each, 16) for each in path),
    ]
    return f"0x{SWAP}" + "".join(f"{word:064x}" for word in words)


def _address(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _ADDRESS.match(value):
        raise _wrong(f"{name}: must be an address: 0x and 40 hexadecimal digits")
    return value


def _amount(value: Any, name: str) -> int:
    """A whole number that fits into a word, as a number, in digits or in hexadecimal ones."""
    try:
        found = int(value, 0) if isinstance(value, str) else int(value)
    except (ValueError, TypeError) as problem:
        raise _wrong(f"{name}: must be a whole number") from problem
    if not 0 <= found < _WORD or (isinstance(value, float) and found != value):
        raise _wrong(f"{name}: must be a whole number from 0 to 2^256 - 1")
    return found


def _wrong(message: str) -> StepFailed:
    return StepFailed("invalid_payload", message, retryable=False)
