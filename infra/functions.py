"""What each Lambda function gets besides its code: memory, time, environment, log group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Size:
    """Memory in MB (the processor grows with it) and the longest run in seconds, or the parameter
    that says it."""

    memory: int
    seconds: int | dict[str, str]


SIZES: Final[dict[str, Size]] = {
    # 29 s is the longest that API Gateway waits.
    "APIHandler": Size(512, 29),
    "WebsocketConnect": Size(512, 29),
    "WebsocketMessage": Size(512, 29),
    "WebsocketDisconnect": Size(256, 29),
    # A step may do real work: the longest that Lambda allows. Its own timeout is the state's.
    "RunStep": Size(512, 900),
    "FinishRun": Size(512, 60),
    "ExecutionEnded": Size(256, 60),
    # Under the schedule's minute, so that two passes never overlap.
    "Reconcile": Size(512, 55),
    "FanOut": Size(512, 60),
    "RouteMail": Size(512, 60),
    # A turn of a model takes as long as the stage says; a bell is not heard twice before that.
    "TakeTurn": Size(1024, {"Ref": "TurnSeconds"}),
    "FireTrigger": Size(512, 60),
    # Called while a hook's sender waits.
    "CheckSignature": Size(512, 15),
}
"""Logical id → size. A function that is not here cannot be packaged: somebody has to decide."""

LOG_LEVEL: Final = "INFO"
EDGE_MARK: Final = {"Ref": "AWS::StackId"}
"""What CloudFront marks its requests with. The id ends in a random part that nothing outside of the
account shows, so whoever calls API Gateway directly cannot write it."""


def name(function: str) -> dict[str, str]:
    """The function's own name. It is fixed, so that roles and settings can name a function
    without waiting for it."""
    return {"Fn::Sub": f"runyard-${{Stage}}-{function}"}


def _arn(function: str) -> dict[str, str]:
    return {
        "Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        f"runyard-${{Stage}}-{function}"
    }


def environment(version: str) -> dict[str, Any]:
    """The environment of every function: `chalicelib.settings.Settings`, field by field, and what
    Powertools reads. `version` is the project's."""
    return {
        "RUNYARD_STAGE": {"Ref": "Stage"},
        "RUNYARD_TABLE": {"Ref": "Table"},
        "RUNYARD_BUCKET": {"Ref": "Bucket"},
        "RUNYARD_STEP_ARN": _arn("RunStep"),
        "RUNYARD_FINISH_ARN": _arn("FinishRun"),
        "RUNYARD_MACHINE_ROLE_ARN": {"Fn::GetAtt": ["MachineRole", "Arn"]},
        "RUNYARD_MACHINE_PREFIX": {"Fn::Sub": "runyard-${Stage}"},
        "RUNYARD_SCHEDULE_GROUP": {"Fn::Sub": "runyard-${Stage}"},
        "RUNYARD_SCHEDULE_ROLE_ARN": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
        "RUNYARD_FIRE_ARN": _arn("FireTrigger"),
        "RUNYARD_SIGNATURE_ARN": _arn("CheckSignature"),
        "RUNYARD_SWARM_QUEUE_URL": {"Ref": "SwarmBells"},
        "RUNYARD_SWARM_BACKENDS": {"Ref": "SwarmBackends"},
        "RUNYARD_SWARM_MODEL": {"Ref": "SwarmModel"},
        "RUNYARD_SWARM_DOCKER": {"Ref": "SwarmDocker"},
        "RUNYARD_SOCKET_ENDPOINT": {
            "Fn::Sub": "https://${WebsocketAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api"
        },
        "RUNYARD_OUTBOUND_ALLOW": {"Ref": "OutboundAllow"},
        "RUNYARD_STEP_RESOURCES": {"Fn::Join": [",", {"Ref": "StepResources"}]},
        "RUNYARD_RPC_ENDPOINTS": {"Ref": "RpcEndpoints"},
        "RUNYARD_SECRETS_KEY": {"Fn::GetAtt": ["SecretsKey", "Arn"]},
        "RUNYARD_SIGNING_KEY": {"Fn::GetAtt": ["SigningKey", "Arn"]},
        "RUNYARD_AUTH_MODE": {"Ref": "AuthMode"},
        "RUNYARD_OIDC_ISSUER": {"Ref": "OidcIssuer"},
        "RUNYARD_OIDC_CLIENT_ID": {"Ref": "OidcClientId"},
        "RUNYARD_OIDC_ORG": {"Ref": "OidcOrganization"},
        "RUNYARD_OIDC_ROLE": {"Ref": "OidcRole"},
        "RUNYARD_PUBLIC_URL": {"Ref": "PublicUrl"},
        "RUNYARD_CORS_ORIGIN": {"Ref": "CorsOrigin"},
        "RUNYARD_METRICS_PUBLIC": {"Ref": "MetricsPublic"},
        "RUNYARD_RATE_LIMITS": {"Ref": "RateLimits"},
        "RUNYARD_RATE_LIMIT_SIZES": {"Ref": "RateLimitSizes"},
        "RUNYARD_EDGE_MARK": EDGE_MARK,
        "RUNYARD_INDEX_SHARDS": {"Ref": "IndexShards"},
        "RUNYARD_RETENTION_DAYS": {"Ref": "RetentionDays"},
        "RUNYARD_VERSION": version,
        # Looking for plugins reads the metadata of every installed package, at each cold start.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
        "POWERTOOLS_SERVICE_NAME": "runyard",
        "POWERTOOLS_METRICS_NAMESPACE": "Runyard",
        "POWERTOOLS_LOG_LEVEL": LOG_LEVEL,
    }


def log_group(function: str) -> dict[str, Any]:
    """The function's log group; one that Lambda makes by itself is kept for ever."""
    return {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/runyard-${{Stage}}-{function}"},
            "RetentionInDays": {"Ref": "LogDays"},
        },
    }
