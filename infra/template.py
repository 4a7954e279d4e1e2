"""From Chalice's template to Runyard's: pure functions over the parsed document.

Chalice knows the entry points; everything that it cannot express is put in here, one function per
concern, each naming what it changes.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Final

from infra import functions, gateway_responses, policies
from infra.front_door import cloudfront

Template = dict[str, Any]

LOCAL: Final = "local"
THROWAWAY_STAGES: Final = (LOCAL, "dev")
"""Stages whose data go with the stack."""
RESOURCE_LIMIT: Final = 300
"""API Gateway's limit of resources in one REST API."""
ANY_METHOD: Final = "x-amazon-apigateway-any-method"
"""Every method that a path does not name, for API Gateway."""

_PREFLIGHT = gateway_responses.preflight_headers("${CorsOrigin}")


def finish(template: Template, *, stage: str, architecture: str, version: str) -> Template:
    """Runyard's template from Chalice's, changed in place and returned.

    Raises KeyError when an entry point has no size or no policy: both are decisions."""
    template["Parameters"]["Stage"]["Default"] = stage
    _set_functions(template, architecture, version)
    _set_stream(template)
    _set_swarms(template)
    _set_firings(template)
    _set_status_events(template)
    _set_rest(template)
    _set_socket(template)
    if stage in THROWAWAY_STAGES:
        _drop_data_with_stack(template)
    if stage != LOCAL:
        cloudfront.add(template)
    return template


def function_ids(template: Template) -> list[str]:
    """Logical ids of all Lambda functions, sorted."""
    return sorted(
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    )


def rest_resources(template: Template) -> int:
    """How many resources API Gateway makes of the REST paths: every prefix of every path is one."""
    prefixes = {"/"}
    for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]:
        parts = path.strip("/").split("/")
        prefixes.update("/" + "/".join(parts[: end + 1]) for end in range(len(parts)) if parts[0])
    return len(prefixes)


def _set_functions(template: Template, architecture: str, version: str) -> None:
    """Name, size, role, log group, environment and code of every function."""
    for name in function_ids(template):
        properties = template["Resources"][name]["Properties"]
        size = functions.SIZES[name]
        properties |= {
            "FunctionName": functions.name(name),
            "MemorySize": size.memory,
            "Timeout": size.seconds,
            "Architectures": [architecture],
            "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            "LoggingConfig": {"LogGroup": {"Ref": f"{name}Logs"}},
            "Environment": {"Variables": functions.environment(version)},
            "CodeUri": {"Bucket": {"Ref": "CodeBucket"}, "Key": {"Ref": "CodeKey"}},
        }
        template["Resources"][f"{name}Role"] = policies.role(name)
        template["Resources"][f"{name}Logs"] = functions.log_group(name)


def _only_event(template: Template, function: str) -> dict[str, Any]:
    """The properties of a function's one event source."""
    (source,) = template["Resources"][function]["Properties"]["Events"].values()
    properties: dict[str, Any] = source["Properties"]
    return properties


def _set_stream(template: Template) -> None:
    """The table's own stream instead of the placeholder, and what happens when a batch fails.

    One consumer each for run and step items (`#`) and for swarms' items (`!`); the rest of the
    table would wake them for nothing."""
    _consume(template, "FanOut", "#", 100)
    _consume(template, "RouteMail", "!", 500)
    # Records of one swarm stay in order; other swarms' batches go on beside them.
    _only_event(template, "RouteMail").update(
        ParallelizationFactor=4, FunctionResponseTypes=["ReportBatchItemFailures"]
    )


def _consume(template: Template, function: str, prefix: str, batch: int) -> None:
    """`function` gets the changes of items whose sort key begins with `prefix`."""
    wanted = {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": prefix}]}}}}
    _only_event(template, function).update(
        {
            "Stream": {"Fn::GetAtt": ["Table", "StreamArn"]},
            # From the oldest record: with LATEST, what is written while the mapping starts is lost.
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": batch,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": 10,
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(wanted)}]},
            "DestinationConfig": {
                "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
            },
        }
    )


def _set_swarms(template: Template) -> None:
    """The stage's own queue of bells; a bell that could not be heard does not take others along."""
    _only_event(template, "TakeTurn").update(
        Queue={"Fn::GetAtt": ["SwarmBells", "Arn"]},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def _set_firings(template: Template) -> None:
    """A firing that failed every time goes where the alarm looks."""
    template["Resources"]["FireTrigger"]["Properties"]["DeadLetterQueue"] = {
        "Type": "SQS",
        "TargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
    }


def _set_status_events(template: Template) -> None:
    """Only the machines of this stack: other stacks of the account end executions too."""
    _only_event(template, "ExecutionEnded")["Pattern"]["detail"]["stateMachineArn"] = [
        {
            "prefix": {
                "Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
                ":stateMachine:runyard-${Stage}-"
            }
        }
    ]


def _set_rest(template: Template) -> None:
    """Error bodies, 405 and a preflight on every path, throttling and access logs (if asked for)."""
    properties = template["Resources"]["RestAPI"]["Properties"]
    properties["EndpointConfiguration"] = {"Type": "REGIONAL"}
    properties["Name"] = {"Fn::Sub": "runyard-${Stage}"}
    body = properties["DefinitionBody"]
    body["x-amazon-apigateway-gateway-responses"] = gateway_responses.swagger_extension()
    for methods in body["paths"].values():
        # API Gateway answers a method that a path does not have like an unknown path; the Lambda
        # knows the difference, and what is allowed.
        methods[ANY_METHOD] = copy.deepcopy(next(iter(methods.values())))
    # Unknown paths answer OPTIONS too: a browser then reads the 404 instead of a CORS error.
    body["paths"].setdefault("/{proxy+}", {})
    for methods in body["paths"].values():
        # Chalice's own would have the origin of the machine that packages, not the stage's.
        methods["options"] = _preflight()
    properties["MethodSettings"] = [
        {
            "ResourcePath": "/*",
            "HttpMethod": "*",
            "ThrottlingBurstLimit": 1000,
            "ThrottlingRateLimit": 500,
        }
    ]
    fields = ("requestId", "httpMethod", "resourcePath", "status", "responseLatency")
    log_format = json.dumps({field: f"$context.{field}" for field in fields})
    properties["AccessLogSetting"] = {
        "Fn::If": [
            "HasAccessLogs",
            {"DestinationArn": {"Fn::GetAtt": ["RestLogs", "Arn"]}, "Format": log_format},
            {"Ref": "AWS::NoValue"},
        ]
    }


def _preflight() -> dict[str, Any]:
    """OPTIONS answered by API Gateway itself, without a Lambda, with what every answer has."""
    values: dict[str, Any] = {
        name: {"Fn::Sub": f"'{value}'"} if "${" in value else f"'{value}'"
        for name, value in {**_PREFLIGHT, **gateway_responses.LIMIT_HEADERS}.items()
    }
    values["X-Request-Id"] = "context.requestId"
    return {
        "responses": {
            "204": {"description": "", "headers": {name: {"type": "string"} for name in values}}
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_match",
            # The one body a mock integration answers for; browsers send none.
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "contentHandling": "CONVERT_TO_TEXT",
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": {
                        f"method.response.header.{name}": value for name, value in values.items()
                    },
                }
            },
        },
    }


def _set_socket(template: Template) -> None:
    """Throttling: one client that floods its socket must not use up the account's Lambdas."""
    resources = template["Resources"]
    resources["WebsocketAPI"]["Properties"]["Name"] = {"Fn::Sub": "runyard-${Stage}-socket"}
    resources["WebsocketAPIStage"]["Properties"]["DefaultRouteSettings"] = {
        "ThrottlingBurstLimit": 1000,
        "ThrottlingRateLimit": 500,
    }


def _drop_data_with_stack(template: Template) -> None:
    """A stage that is thrown away takes its data along."""
    for name in ("Table", "Bucket", "SecretsKey", "SigningKey"):
        template["Resources"][name]["DeletionPolicy"] = "Delete"
        template["Resources"][name]["UpdateReplacePolicy"] = "Delete"
