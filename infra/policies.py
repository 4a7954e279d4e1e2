"""Who may call what: one role per function, one statement per AWS call.

A statement's Sid names the call (`DynamodbGetItem`), so an AccessDenied in the logs is found here
by its name. Resources are as narrow as AWS allows; the exceptions are listed and explained in
`UNNARROWED`, which a test reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Statement = dict[str, Any]

UNNARROWED: Final = {
    "states:ListStateMachines": "AWS has no resource level for it",
    "states:SendTaskSuccess": "AWS documents none; the token in the call is what gives the right",
    "states:SendTaskFailure": "the same",
}
"""The only calls allowed on every resource, and why."""

_ACCOUNT = "${AWS::Region}:${AWS::AccountId}"
_MACHINES = {
    "Fn::Sub": f"arn:${{AWS::Partition}}:states:{_ACCOUNT}:stateMachine:runyard-${{Stage}}-*"
}
_EXECUTIONS = {
    "Fn::Sub": f"arn:${{AWS::Partition}}:states:{_ACCOUNT}:execution:runyard-${{Stage}}-*:*"
}
_SOCKETS = {
    "Fn::Sub": f"arn:${{AWS::Partition}}:execute-api:{_ACCOUNT}"
    ":${WebsocketAPI}/api/*/@connections/*"
}
_MODELS = [
    {"Fn::Sub": "arn:${AWS::Partition}:bedrock:*::foundation-model/*"},
    {"Fn::Sub": f"arn:${{AWS::Partition}}:bedrock:{_ACCOUNT}:inference-profile/*"},
]
_TABLE = {"Fn::GetAtt": ["Table", "Arn"]}
_INDEXES = {"Fn::Sub": "${Table.Arn}/index/*"}
_STREAM = {"Fn::GetAtt": ["Table", "StreamArn"]}
_BUCKET = {"Fn::GetAtt": ["Bucket", "Arn"]}
_OBJECTS = {"Fn::Sub": "${Bucket.Arn}/*"}
_MACHINE_ROLE = {"Fn::GetAtt": ["MachineRole", "Arn"]}
_SCHEDULE_ROLE = {"Fn::GetAtt": ["ScheduleRole", "Arn"]}
_CHECK_SIGNATURE = {
    "Fn::Sub": f"arn:${{AWS::Partition}}:lambda:{_ACCOUNT}:function:runyard-${{Stage}}-CheckSignature"
}
# On the default bus a rule's ARN does not name the bus.
_RULES = {"Fn::Sub": f"arn:${{AWS::Partition}}:events:{_ACCOUNT}:rule/runyard-${{Stage}}-*"}
_SCHEDULES = {
    "Fn::Sub": f"arn:${{AWS::Partition}}:scheduler:{_ACCOUNT}:schedule/runyard-${{Stage}}/*"
}


def _allow(call: str, *resources: Any, condition: dict[str, Any] | None = None) -> Statement:
    service, action = call.split(":")
    found: Statement = {
        "Sid": service.title().replace("-", "") + action,
        "Effect": "Allow",
        "Action": call,
        "Resource": list(resources),
    }
    return found | ({"Condition": condition} if condition else {})


def _pass_role(role: dict[str, Any], service: str) -> Statement:
    """To this service and no other; `IamPassRoleStates`."""
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    found = _allow("iam:PassRole", role, condition=condition)
    return found | {"Sid": f"{found['Sid']}{service.title().replace('-', '')}"}


def _each(calls: Iterable[str], *resources: Any) -> list[Statement]:
    return [_allow(call, *resources) for call in calls]


_READ_STORE = [
    _allow("dynamodb:GetItem", _TABLE),
    _allow("dynamodb:BatchGetItem", _TABLE),
    _allow("dynamodb:Query", _TABLE, _INDEXES),
]
# A transaction needs the permissions of its parts; AWS has no action of its own for it.
_WRITE_STORE = _each(
    (
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:ConditionCheckItem",
    ),
    _TABLE,
)
_STORE = [*_READ_STORE, *_WRITE_STORE]
_WRITE_BATCHES = [_allow("dynamodb:BatchWriteItem", _TABLE)]
_GET_OBJECTS = [_allow("s3:GetObject", _OBJECTS)]
_PUT_OBJECTS = [_allow("s3:PutObject", _OBJECTS)]
# Without it S3 answers 403 instead of 404 for a key that is not there; HeadBucket needs it too.
_LIST_BUCKET = [_allow("s3:ListBucket", _BUCKET)]
_DELETE_OUTPUTS = [_allow("s3:DeleteObject", {"Fn::Sub": "${Bucket.Arn}/outputs/*"})]
_DELETE_STORED = [
    _allow(
        "s3:DeleteObject",
        {"Fn::Sub": "${Bucket.Arn}/outputs/*"},
        {"Fn::Sub": "${Bucket.Arn}/swarms/*"},
    )
]
_OBJECTS_BOTH = [*_GET_OBJECTS, *_PUT_OBJECTS, *_LIST_BUCKET]
_START_AND_STOP = [
    _allow("states:StartExecution", _MACHINES),
    _allow("states:StopExecution", _EXECUTIONS),
]
_LOOK_AT_EXECUTIONS = [_allow("states:DescribeExecution", _EXECUTIONS)]
_PUBLISH_MACHINES = [
    *_each(
        ("states:CreateStateMachine", "states:TagResource", "states:DescribeStateMachine"),
        _MACHINES,
    ),
    _allow("states:ListStateMachines", "*"),
    _pass_role(_MACHINE_ROLE, "states"),
]
# A trigger that fires in vain takes its schedule or rule away, so two functions may do that.
_REMOVE_TRIGGERS = [
    _allow("scheduler:DeleteSchedule", _SCHEDULES),
    *_each(("events:RemoveTargets", "events:DeleteRule"), _RULES),
]
_MAKE_TRIGGERS = [
    *_each(("scheduler:CreateSchedule", "scheduler:UpdateSchedule"), _SCHEDULES),
    *_each(("events:PutRule", "events:PutTargets"), _RULES),
    _pass_role(_SCHEDULE_ROLE, "scheduler"),
    *_REMOVE_TRIGGERS,
]
_SEND_TOKENS = _each(("states:SendTaskSuccess", "states:SendTaskFailure"), "*")
_POST_TO_SOCKETS = [_allow("execute-api:ManageConnections", _SOCKETS)]
_READ_STREAM = [
    *_each(
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"), _STREAM
    ),
    _allow("dynamodb:ListStreams", {"Fn::Sub": "${Table.Arn}/stream/*"}),
]

# A swarm's timers are schedules; whoever settles a swarm sets and removes them.
_RING = [_allow("sqs:SendMessage", {"Fn::GetAtt": ["SwarmBells", "Arn"]})]
_MAKE_SCHEDULES = [
    *_each(
        ("scheduler:CreateSchedule", "scheduler:UpdateSchedule", "scheduler:DeleteSchedule"),
        _SCHEDULES,
    ),
    _pass_role(_SCHEDULE_ROLE, "scheduler"),
]
_HEAR = _each(
    ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    {"Fn::GetAtt": ["SwarmBells", "Arn"]},
)

_USER = "runyard-${Stage}-user-*"
"""Names of what users' steps may touch. Behind it comes the organisation, which RunStep checks."""


def _named(service: str, resource: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:{_ACCOUNT}:{resource}"}


_AGENT_ROLES = {
    "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/runyard-${Stage}-agent-*"
}
_USER_BUCKETS = {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{_USER}"}
_USER_OBJECTS = {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{_USER}/*"}
_USER_FUNCTIONS = [
    _named("lambda", f"function:{_USER}"),
    # With a qualifier; the star before the colon is the rest of the name.
    _named("lambda", f"function:{_USER}:*"),
]
_ACTIONS = [
    _allow("s3:GetObject", _OBJECTS, _USER_OBJECTS),
    _allow("s3:GetObjectVersion", _USER_OBJECTS),
    _allow("s3:PutObject", _OBJECTS, _USER_OBJECTS),
    _allow("s3:ListBucket", _BUCKET, _USER_BUCKETS),
    *_each(("sqs:GetQueueUrl", "sqs:SendMessage"), _named("sqs", _USER)),
    _allow("sns:Publish", _named("sns", _USER)),
    _allow("events:PutEvents", _named("events", f"event-bus/{_USER}")),
    _allow("lambda:InvokeFunction", *_USER_FUNCTIONS),
    _allow("bedrock:InvokeModel", *_MODELS),
]
_SECRETS_KEY = {"Fn::GetAtt": ["SecretsKey", "Arn"]}
# Who checks tokens opens the keys they are signed with; only the bootstrap makes such keys.
_OPEN_SIGNING_KEYS = [_allow("kms:Decrypt", {"Fn::GetAtt": ["SigningKey", "Arn"]})]

POLICIES: Final[dict[str, list[Statement]]] = {
    "APIHandler": [
        *_STORE,
        *_WRITE_BATCHES,
        *_START_AND_STOP,
        *_LOOK_AT_EXECUTIONS,
        *_PUBLISH_MACHINES,
        # Graphs that a request waits for.
        _allow("states:StartSyncExecution", _MACHINES),
        *_MAKE_TRIGGERS,
        *_SEND_TOKENS,
        *_OBJECTS_BOTH,
        # Write-only: who stores a secret cannot read it.
        _allow("kms:Encrypt", _SECRETS_KEY),
        *_OPEN_SIGNING_KEYS,
        *_DELETE_STORED,
        _allow("lambda:InvokeFunction", _CHECK_SIGNATURE),
        *_RING,
    ],
    # It answers yes or no, so the API can check signatures and still read no secret.
    "CheckSignature": [_allow("dynamodb:GetItem", _TABLE), _allow("kms:Decrypt", _SECRETS_KEY)],
    "FireTrigger": [
        *_STORE,
        *_GET_OBJECTS,
        *_LIST_BUCKET,
        _allow("states:StartExecution", _MACHINES),
        *_REMOVE_TRIGGERS,
        _allow("sqs:SendMessage", {"Fn::GetAtt": ["DeadLetters", "Arn"]}),
    ],
    # What it may use beyond that, by name: StepResourcesPolicy in template.yaml.
    "RunStep": [
        *_STORE,
        *_ACTIONS,
        *_DELETE_OUTPUTS,
        # It starts child workflows, and stops the one of a step that has timed out.
        *_START_AND_STOP,
        *_SEND_TOKENS,
        # An agent that takes no task now: an event tells.
        *_WRITE_BATCHES,
        _allow("kms:Decrypt", _SECRETS_KEY),
    ],
    "FinishRun": [*_STORE, *_OBJECTS_BOTH],
    "ExecutionEnded": [*_STORE, *_OBJECTS_BOTH],
    # It also writes what is missing of a log, and so posts to whoever waits for it.
    "Reconcile": [
        *_STORE,
        *_WRITE_BATCHES,
        *_START_AND_STOP,
        *_LOOK_AT_EXECUTIONS,
        *_SEND_TOKENS,
        *_OBJECTS_BOTH,
        *_DELETE_STORED,
        *_POST_TO_SOCKETS,
        # What a swarm's start or change has left undone.
        *_MAKE_SCHEDULES,
        *_RING,
    ],
    "RouteMail": [
        *_STORE,
        *_WRITE_BATCHES,
        *_READ_STREAM,
        *_POST_TO_SOCKETS,
        # What an agent made of a run's task is the outcome of a step.
        *_SEND_TOKENS,
        *_OBJECTS_BOTH,
        *_DELETE_OUTPUTS,
        _allow(
            "sqs:SendMessage",
            {"Fn::GetAtt": ["SwarmBells", "Arn"]},
            {"Fn::GetAtt": ["DeadLetters", "Arn"]},
        ),
    ],
    # Agents' turns: skills, models, Lambdas and secrets as for steps; timers for asks.
    "TakeTurn": [
        *_STORE,
        *_GET_OBJECTS,
        *_LIST_BUCKET,
        *_HEAR,
        *_RING,
        *_MAKE_SCHEDULES,
        _allow("lambda:InvokeFunction", *_USER_FUNCTIONS),
        _allow("bedrock:InvokeModel", *_MODELS),
        _allow("kms:Decrypt", _SECRETS_KEY),
        # Containers of agents. Hosts: SwarmSshPolicy in template.yaml.
        _allow("ecs:RunTask", _named("ecs", "task-definition/runyard-${Stage}-agent-*")),
        _pass_role(_AGENT_ROLES, "ecs-tasks"),
    ],
    "FanOut": [
        *_STORE,
        # A run's end: its children are stopped, the step that waits for it is told, the next one of
        # its workflow is let go.
        *_START_AND_STOP,
        *_SEND_TOKENS,
        *_READ_STREAM,
        *_OBJECTS_BOTH,
        *_POST_TO_SOCKETS,
        _allow("sqs:SendMessage", {"Fn::GetAtt": ["DeadLetters", "Arn"]}),
    ],
    "WebsocketConnect": [*_STORE, *_OPEN_SIGNING_KEYS],
    "WebsocketMessage": [
        *_STORE,
        # A task over the socket may find a change of its swarm half-done.
        *_WRITE_BATCHES,
        *_MAKE_SCHEDULES,
        *_RING,
        *_START_AND_STOP,
        *_LOOK_AT_EXECUTIONS,
        *_OBJECTS_BOTH,
        *_POST_TO_SOCKETS,
    ],
    "WebsocketDisconnect": [*_STORE],
}
"""Logical id of a function → what its role allows, besides writing its own log."""


def role(function: str) -> dict[str, Any]:
    """The role of one function, its own log group included. KeyError for an unknown function."""
    logs = _each(
        ("logs:CreateLogStream", "logs:PutLogEvents"), {"Fn::GetAtt": [f"{function}Logs", "Arn"]}
    )
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            },
            "Policies": [
                {
                    "PolicyName": function,
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [*POLICIES[function], *logs],
                    },
                }
            ],
        },
    }
