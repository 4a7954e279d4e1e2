"""Types of nodes that touch what is outside of the system (S1). In a simulation each answers with
its stub."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from chalicelib.core.graphs.fields import Field
from chalicelib.core.graphs.node_type import NodeType
from chalicelib.core.waits import CHILD

_CHAIN_ID = Field("chainId", ("integer",), "The chain's EVM id.", required=True, least=1)
_URL = Field("url", ("text",), "An absolute http or https URL.", required=True)
_HEADERS = Field("headers", ("object",), "Request headers, each a text.")
_BODY = Field("body", ("any",), "A text as it is, anything else as JSON.")
_TX_HASH = MappingProxyType({"txHash": "0x" + "0" * 64, "simulated": True})


EFFECTS: Final = (
    NodeType(
        "http-request",
        "effect",
        "http",
        "One HTTP request. Its result has the status, whatever it is.",
        (
            Field(
                "method",
                ("text",),
                "`GET` by default.",
                choices=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
            ),
            _URL,
            _HEADERS,
            _BODY,
        ),
        action="http/request",
        stub=MappingProxyType({"status": 200, "headers": {}, "body": None, "simulated": True}),
    ),
    NodeType(
        "send-webhook",
        "effect",
        "http",
        "A POST. A status of 400 or more fails the node.",
        (_URL, _HEADERS, _BODY),
        action="http/request",
        stub=MappingProxyType({"status": 200, "delivered": True, "simulated": True}),
    ),
    NodeType(
        "trigger-workflow",
        "effect",
        "workflow",
        "Runs another workflow and waits for its end.",
        (
            Field("workflowId", ("text",), "Which one.", required=True),
            Field("payload", ("object",), "What it is given."),
        ),
        action=CHILD,
        stub=MappingProxyType({"runId": None, "status": "success", "simulated": True}),
    ),
    NodeType(
        "ai",
        "effect",
        "ai",
        "An answer of a language model.",
        (
            Field("prompt", ("text",), "What the model is asked.", required=True),
            Field("model", ("text",), "A Bedrock model's id."),
            Field("systemPrompt", ("text",), "How it is to behave."),
            Field("maxTokens", ("integer",), "The longest answer.", least=1),
            Field("temperature", ("number",), "0 is steady, 1 varied.", least=0, most=1),
            Field("outputSchema", ("object",), "JSON Schema that the answer has to match."),
        ),
        action="ai/completion",
        stub=MappingProxyType({"text": "", "json": None, "simulated": True}),
    ),
    NodeType(
        "evm-read",
        "effect",
        "chain-read",
        "Reads from a chain over JSON-RPC.",
        (
            _CHAIN_ID,
            Field("method", ("text",), "`eth_call` by default."),
            Field("params", ("list",), "The method's parameters."),
        ),
        stub=MappingProxyType({"result": None, "simulated": True}),
    ),
    NodeType(
        "evm-transfer",
        "effect",
        "chain-write",
        "Sends the chain's own currency from an account that the endpoint holds.",
        (
            _CHAIN_ID,
            Field("from", ("text",), "The account.", required=True),
            Field("to", ("text",), "The address that gets it.", required=True),
            Field("amount", ("text", "integer"), "In wei.", required=True, aliases=("value",)),
        ),
        stub=_TX_HASH,
    ),
    NodeType(
        "token-swap",
        "effect",
        "chain-write",
        "Swaps a token over a router contract.",
        (
            _CHAIN_ID,
            Field("from", ("text",), "The account.", required=True),
            Field("router", ("text",), "The router's address.", required=True),
            Field("path", ("list",), "Token addresses, from the first to the last.", required=True),
            Field("amountIn", ("text", "integer"), "In the first token's unit.", required=True),
            Field("amountOutMin", ("text", "integer"), "At least; 0 by default."),
            Field("deadline", ("integer",), "Unix seconds; 20 minutes from now by default."),
        ),
        stub=_TX_HASH,
    ),
)
