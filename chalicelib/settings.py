"""The environment as one validated model, read once. Logic never touches `os.environ`."""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

_ISSUER: Final = re.compile(
    r"https://[^\s?#@]+|http://(localhost|127\.[0-9.]+|\[::1\])(:[0-9]{1,5})?(/[^\s?#@]*)?"
)
_ORIGIN: Final = re.compile(r"\*|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


class Settings(BaseModel):
    """What a stage decides. Set by `infra/` in the template; the names here, upper-cased and with
    the prefix `RUNYARD_`, are the environment's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str = "local"
    table: str = "runyard-local"
    bucket: str = "runyard-local"
    step_arn: str = ""
    """The Lambda behind every step's Task state."""
    finish_arn: str = ""
    """The Lambda behind every machine's last state."""
    machine_role_arn: str = ""
    machine_prefix: str = "runyard-local"
    """State machines are named `<prefix>-<workflow>-<hash>`, the rules of event triggers
    `<prefix>-<id>`; the IAM policies rest on it."""
    schedule_group: str = "runyard-local"
    """The group of EventBridge Scheduler that the schedules of cron triggers are in."""
    schedule_role_arn: str = ""
    """What the Scheduler invokes `fire_arn` as."""
    fire_arn: str = ""
    """The Lambda that schedules and rules invoke."""
    signature_arn: str = ""
    """The Lambda that checks the signatures of hooks."""
    swarm_queue_url: str = ""
    """The FIFO queue whose messages say that an agent or object has mail."""
    swarm_backends: str = "mock,local,bwrap,bedrock,http,lambda"
    """Backends (comma-separated) that agents and objects of swarms may have."""
    swarm_model: str = "anthropic.claude-3-haiku-20240307-v1:0"
    """The model of agents that name none."""
    swarm_docker: str = ""
    """Where containers of agents run: `cluster=…;task=…{image}…;subnets=a,b;groups=c`."""
    socket_endpoint: str = ""
    """Management endpoint of the WebSocket API, e.g. https://{id}.execute-api.{region}.amazonaws.com/api"""
    outbound_allow: str = ""
    """Networks (comma-separated CIDRs) that outbound HTTP may reach although they are not public."""
    step_resources: str = ""
    """ARNs (comma-separated, `*` and `?` as in IAM) that steps of every organisation may touch."""
    rpc_endpoints: str = ""
    """Endpoints of chains for JSON-RPC: `1=https://…,137=https://…`, each behind its EVM id."""
    secrets_key: str = ""
    """The key of KMS that secrets are sealed with."""
    signing_key: str = ""
    """The key of KMS that the keys of logins' tokens are sealed with."""
    auth_mode: Literal["token", "none"] = "token"
    oidc_issuer: str = ""
    """The OpenID Connect issuer that people may sign in at; empty for none."""
    oidc_client_id: str = ""
    oidc_org: str = ""
    """The organisation of whoever signs in there for the first time, and their role in it."""
    oidc_role: Literal["viewer", "operator", "admin"] = "viewer"
    public_url: str = ""
    """Where browsers find this stage, e.g. https://runs.example.com: the issuer sends them back."""
    cors_origin: str = "*"
    metrics_public: bool = False
    rate_limits: Literal["on", "off"] = "off"
    rate_limit_sizes: str = ""
    """Sizes other than S4's: `get=1000/minute,batch=5/hour` (`core.rates`)."""
    edge_mark: str = ""
    """What the front door marks its requests with, so that their viewer's address is believed."""
    index_shards: int = 1
    retention_days: int = 30
    version: str = "0.1.0"

    @field_validator("cors_origin")
    @classmethod
    def _is_an_origin(cls, origin: str) -> str:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError("it is `*`, or one origin such as https://app.example.com")
        return origin

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, issuer: str) -> str:
        if issuer and not _ISSUER.fullmatch(issuer):
            raise ValueError("it is an https address without a query, or one on this machine")
        return issuer

    @model_validator(mode="after")
    def _an_issuer_needs_the_rest(self) -> Settings:
        needed = (self.oidc_client_id, self.oidc_org, self.public_url)
        if self.oidc_issuer and not all(needed):
            raise ValueError("oidc_issuer needs oidc_client_id, oidc_org and public_url")
        if self.public_url and (self.public_url == "*" or not _ORIGIN.fullmatch(self.public_url)):
            raise ValueError("public_url is one address without a path")
        return self

    @field_validator("rpc_endpoints")
    @classmethod
    def _endpoints_can_be_read(cls, endpoints: str) -> str:
        endpoints_of(endpoints)
        return endpoints

    @field_validator("swarm_backends")
    @classmethod
    def _backends_are_there(cls, names: str) -> str:
        if names != cls.model_fields["swarm_backends"].default:
            from chalicelib.core.swarms.backends import parse_backends

            parse_backends(names)
        return names

    @field_validator("rate_limit_sizes")
    @classmethod
    def _sizes_can_be_read(cls, sizes: str) -> str:
        if sizes:
            from chalicelib.core.rates import classes_with

            classes_with(sizes)
        return sizes


def endpoints_of(text: str) -> dict[int, str]:
    """Chain → URL, of `rpc_endpoints`. Raises ValueError."""
    found: dict[int, str] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        chain, _, url = part.partition("=")
        if not chain.isdigit() or not url.startswith(("https://", "http://")):
            raise ValueError("endpoints are written as 1=https://…,137=https://…")
        found[int(chain)] = url
    return found


@cache
def settings() -> Settings:
    """This process's settings. Raises ValueError when the environment is not sane, and when
    `AUTH_MODE=none` is set on a stage that is not local."""
    found = {
        name: os.environ[f"RUNYARD_{name.upper()}"]
        for name in Settings.model_fields
        if f"RUNYARD_{name.upper()}" in os.environ
    }
    read = Settings.model_validate(found)
    if read.auth_mode == "none" and read.stage != "local":
        raise ValueError("RUNYARD_AUTH_MODE=none is for the local stage only")
    return read
