"""The front door on AWS: a CloudFront distribution and the function that it runs on every request,
generated from the routing declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from infra.front_door import routes
from infra.functions import EDGE_MARK
from infra.gateway_responses import (
    LIMIT_HEADERS,
    NO_SOCKET,
    NOT_FOUND,
    PROBLEM_JSON,
    SOCKET_ONLY,
    Refusal,
    cors_headers,
    preflight_headers,
)

# AWS's own managed policies; the ids are the same in every account.
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

_SOURCE: Final = """\
// Generated from infra/front_door/routes.py. Runs on every viewer request.
var SOCKETS = [@SOCKETS@];
var ORIGIN = '@ORIGIN@';

function preflight(event) {
  return {
    statusCode: 204,
    statusDescription: 'No Content',
    headers: {
@PREFLIGHT@
@LIMITS@
      'x-request-id': { value: event.context.requestId }
    }
  };
}

function refuse(event, problem) {
  problem.correlation_id = event.context.requestId;
  problem.instance = event.request.uri;
  return {
    statusCode: problem.status,
    statusDescription: problem.title,
    headers: {
      'content-type': { value: '@PROBLEM_JSON@' },
      'access-control-allow-origin': { value: ORIGIN },
@LIMITS@
      'x-request-id': { value: event.context.requestId }
    },
    body: { encoding: 'text', data: JSON.stringify(problem) }
  };
}

function meansPath(name) {
  try {
    return decodeURIComponent(name.replace(/\\+/g, ' ')) === '@PATH@';
  } catch (error) {
    return true; // cannot be decoded: nobody needs it
  }
}

function handler(event) {
  var request = event.request;
  var uri = request.uri;
  var upgrade = '@UPGRADE@' in request.headers;
  var socket = SOCKETS.some(function (pattern) { return pattern.test(uri); });
  if (request.method === 'OPTIONS' && !upgrade) return preflight(event);
  if (uri.indexOf('@FORBIDDEN@') === 0) return refuse(event, @NOT_FOUND@);
  if (upgrade && !socket) return refuse(event, @NO_SOCKET@);
  if (!upgrade && socket) return refuse(event, @SOCKET_ONLY@);
  if (request.headers.host) {
    request.headers['x-forwarded-host'] = { value: request.headers.host.value };
  }
  request.headers['x-runyard-viewer'] = { value: event.viewer.ip };
  if (socket) {
    Object.keys(request.querystring).forEach(function (name) {
      if (meansPath(name)) delete request.querystring[name];
    });
    request.querystring['@PATH@'] = { value: encodeURIComponent(uri) };
    request.uri = '/api'; // the WebSocket API's stage, which is all the path it has
  }
  return request;
}
"""


def javascript(origin: str = "*") -> str:
    """The function's source for the runtime `cloudfront-js-2.0`. `origin` is what browsers may
    come from."""
    patterns = ", ".join(
        f"/{pattern.replace('/', chr(92) + '/')}/" for pattern in routes.socket_patterns()
    )
    filled = _SOURCE
    for mark, value in {
        "SOCKETS": patterns,
        "PROBLEM_JSON": PROBLEM_JSON,
        "ORIGIN": cors_headers(origin)["Access-Control-Allow-Origin"],
        "LIMITS": _members(LIMIT_HEADERS),
        "PREFLIGHT": _members(preflight_headers(origin)).replace(f"'{origin}'", "ORIGIN"),
        "PATH": routes.PATH_PARAMETER,
        "UPGRADE": routes.UPGRADE_HEADER,
        "FORBIDDEN": routes.FORBIDDEN_PREFIX,
        "NOT_FOUND": _literal(NOT_FOUND),
        "NO_SOCKET": _literal(NO_SOCKET),
        "SOCKET_ONLY": _literal(SOCKET_ONLY),
    }.items():
        filled = filled.replace(f"@{mark}@", value)
    return filled


def _members(headers: Mapping[str, str]) -> str:
    lines = (f"      '{name.lower()}': {{ value: '{value}' }}," for name, value in headers.items())
    return "\n".join(lines)


def _literal(refusal: Refusal) -> str:
    return json.dumps(refusal.body("", ""))


def path_patterns() -> tuple[str, ...]:
    """The socket paths as CloudFront writes them. `*` reaches over slashes there, so they match too
    much; the function then refuses the surplus."""
    return tuple(
        "/".join("*" if part.startswith("{") else part for part in path.split("/"))
        for path in routes.SOCKET_PATHS
    )


def _origin(name: str, api: str, path: str) -> dict[str, Any]:
    return {
        "Id": name,
        "DomainName": {"Fn::Sub": f"${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}"},
        "OriginPath": path,
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "OriginSSLProtocols": ["TLSv1.2"],
        },
        # Overwrites what a viewer sends under this name.
        "OriginCustomHeaders": [{"HeaderName": "X-Runyard-Edge", "HeaderValue": EDGE_MARK}],
    }


def _behaviour(origin: str) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
        "CachePolicyId": CACHING_DISABLED,
        "OriginRequestPolicyId": ALL_BUT_HOST,
        "Compress": False,
        "FunctionAssociations": [
            {
                "EventType": "viewer-request",
                "FunctionARN": {
                    "Fn::GetAtt": ["FrontDoorFunction", "FunctionMetadata.FunctionARN"]
                },
            }
        ],
    }


def add(template: dict[str, Any]) -> None:
    """Adds the distribution, its function and the outputs `BaseUrl` and `SocketUrl`."""
    template["Resources"]["FrontDoorFunction"] = {
        "Type": "AWS::CloudFront::Function",
        "Properties": {
            "Name": {"Fn::Sub": "runyard-${Stage}-${AWS::Region}"},
            "AutoPublish": True,
            "FunctionConfig": {"Comment": "Runyard's front door", "Runtime": "cloudfront-js-2.0"},
            "FunctionCode": {"Fn::Sub": javascript("${CorsOrigin}")},
        },
    }
    template["Resources"]["FrontDoor"] = {
        "Type": "AWS::CloudFront::Distribution",
        "Properties": {
            "DistributionConfig": {
                "Enabled": True,
                "Comment": {"Fn::Sub": "Runyard ${Stage}"},
                "HttpVersion": "http2and3",
                "Origins": [
                    _origin("rest", "RestAPI", "/api"),
                    _origin("socket", "WebsocketAPI", ""),
                ],
                "DefaultCacheBehavior": _behaviour("rest"),
                "CacheBehaviors": [
                    {"PathPattern": pattern} | _behaviour("socket") for pattern in path_patterns()
                ],
            }
        },
    }
    for name, scheme in (("BaseUrl", "https"), ("SocketUrl", "wss")):
        template["Outputs"][name] = {"Value": {"Fn::Sub": f"{scheme}://${{FrontDoor.DomainName}}"}}
