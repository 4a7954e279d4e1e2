"""What the emulator needs otherwise than AWS does: one transformation, each change with its reason.

Everything else of the template is deployed locally exactly as it goes to AWS.
"""

from __future__ import annotations

import copy
from typing import Any, Final

ENDPOINT_PARAMETER: Final = "EmulatorEndpoint"


def for_emulator(template: dict[str, Any]) -> dict[str, Any]:
    """The template as MiniStack can deploy it; the original stays as it is."""
    changed = copy.deepcopy(template)
    _deploy_sockets_automatically(changed)
    _speak_to_sockets_here(changed)
    _allow_plain_http(changed)
    return changed


def _deploy_sockets_automatically(template: dict[str, Any]) -> None:
    """MiniStack's CloudFormation refuses AWS::ApiGatewayV2::Deployment. A stage that deploys itself
    has no need of one."""
    resources = template["Resources"]
    del resources["WebsocketAPIDeployment"]
    stage = resources["WebsocketAPIStage"]["Properties"]
    del stage["DeploymentId"]
    stage["AutoDeploy"] = True
    # The stage hung on its deployment, and that on the routes.
    resources["WebsocketAPIStage"]["DependsOn"] = sorted(
        name for name, found in resources.items() if found["Type"] == "AWS::ApiGatewayV2::Route"
    )


def _speak_to_sockets_here(template: dict[str, Any]) -> None:
    """The management API of the sockets has a host name of its own on AWS; here it is a path of the
    emulator, whose port is known only when it is deployed."""
    template["Parameters"][ENDPOINT_PARAMETER] = {"Type": "String"}
    endpoint = {"Fn::Sub": f"${{{ENDPOINT_PARAMETER}}}/_aws/execute-api/${{WebsocketAPI}}/api"}
    for found in template["Resources"].values():
        if found["Type"] == "AWS::Serverless::Function":
            variables = found["Properties"]["Environment"]["Variables"]
            variables["RUNYARD_SOCKET_ENDPOINT"] = endpoint


def _allow_plain_http(template: dict[str, Any]) -> None:
    """The bucket refuses plain HTTP, and the emulator speaks nothing else."""
    del template["Resources"]["BucketTlsOnly"]
