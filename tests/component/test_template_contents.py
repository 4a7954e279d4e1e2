"""What the finished template says, stage by stage."""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings
from infra import emulator, policies, template
from infra.package import Artifact, package
from infra.paths import ROOT
from infra.template import ANY_METHOD

FUNCTION = "AWS::Serverless::Function"


@pytest.fixture(scope="module")
def prod() -> Artifact:
    return package("prod")


@pytest.fixture(scope="module")
def aws(prod: Artifact) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(prod.template_text)
    return found


@pytest.fixture(scope="module")
def local() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package("local").template_text)
    return found


def of_type(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in document["Resources"].items()
        if resource["Type"] == kind
    }


def test_every_setting_is_in_every_functions_environment(aws: dict[str, Any]) -> None:
    wanted = {f"RUNYARD_{field.upper()}" for field in Settings.model_fields}
    for name, properties in of_type(aws, FUNCTION).items():
        variables = properties["Environment"]["Variables"]
        assert wanted <= set(variables), name
        assert variables["POWERTOOLS_SERVICE_NAME"] == "runyard"


def test_every_function_has_its_own_role_log_group_and_size(aws: dict[str, Any]) -> None:
    functions = of_type(aws, FUNCTION)
    assert set(functions) == set(policies.POLICIES)
    for name, properties in functions.items():
        assert properties["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{name}Logs"}}
        assert aws["Resources"][f"{name}Logs"]["Properties"]["RetentionInDays"] == {
            "Ref": "LogDays"
        }
        assert properties["FunctionName"] == {"Fn::Sub": f"runyard-${{Stage}}-{name}"}
        assert properties["Architectures"] == ["arm64"]


def test_the_api_and_the_step_have_the_times_that_aws_allows(aws: dict[str, Any]) -> None:
    functions = of_type(aws, FUNCTION)
    sizes = {
        name: (functions[name]["MemorySize"], functions[name]["Timeout"])
        for name in ("APIHandler", "RunStep")
    }
    assert sizes == {"APIHandler": (512, 29), "RunStep": (512, 900)}


def test_the_fan_out_reads_the_tables_own_stream_of_runs_and_steps(aws: dict[str, Any]) -> None:
    (source,) = of_type(aws, FUNCTION)["FanOut"]["Events"].values()
    properties = source["Properties"]
    assert properties["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BatchSize"] == 100
    assert properties["BisectBatchOnFunctionError"] is True
    (wanted,) = properties["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "#"}]}}}}


def test_the_router_reads_the_same_stream_of_swarms_and_names_what_failed(
    aws: dict[str, Any],
) -> None:
    (source,) = of_type(aws, FUNCTION)["RouteMail"]["Events"].values()
    properties = source["Properties"]
    assert properties["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (wanted,) = properties["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "!"}]}}}}


def test_a_bell_is_not_heard_again_while_its_turn_may_last(aws: dict[str, Any]) -> None:
    taker = of_type(aws, FUNCTION)["TakeTurn"]
    (source,) = taker["Events"].values()
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": ["SwarmBells", "Arn"]}
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    bells = of_type(aws, "AWS::SQS::Queue")["SwarmBells"]
    assert bells["VisibilityTimeout"] == taker["Timeout"] == {"Ref": "TurnSeconds"}
    assert (bells["FifoQueue"], bells["ContentBasedDeduplication"]) == (True, False)
    assert bells["FifoThroughputLimit"] == "perMessageGroupId"
    # Three tries are counted at their beginning, and the first may not have been.
    assert bells["RedrivePolicy"]["maxReceiveCount"] > 5


def test_only_this_stacks_executions_wake_execution_ended(aws: dict[str, Any]) -> None:
    (source,) = of_type(aws, FUNCTION)["ExecutionEnded"]["Events"].values()
    (prefix,) = source["Properties"]["Pattern"]["detail"]["stateMachineArn"]
    assert prefix["prefix"]["Fn::Sub"].endswith(":stateMachine:runyard-${Stage}-")


def test_no_placeholder_is_left(aws: dict[str, Any]) -> None:
    text = json.dumps(aws)
    assert "placeholder" not in text
    assert "replaced-in-post-processing" not in text
    assert "000000000000" not in text


def test_every_path_answers_a_preflight_with_cors(aws: dict[str, Any]) -> None:
    paths = of_type(aws, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    assert "/{proxy+}" in paths
    for path, methods in paths.items():
        answer = methods["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
        origin = "method.response.header.Access-Control-Allow-Origin"
        # Chalice would write the origin of the machine that packages.
        assert answer["responseParameters"][origin] == {"Fn::Sub": "'${CorsOrigin}'"}, path


def test_every_path_passes_methods_that_it_does_not_have_to_the_lambda(aws: dict[str, Any]) -> None:
    paths = of_type(aws, "AWS::Serverless::Api")["RestAPI"]["DefinitionBody"]["paths"]
    assert set(paths["/{proxy+}"]) == {"options"}, "an unknown path needs no Lambda"
    for path, methods in paths.items():
        if path == "/{proxy+}":
            continue
        named = [one for name, one in methods.items() if name not in {"options", ANY_METHOD}]
        integration = "x-amazon-apigateway-integration"
        assert methods[ANY_METHOD][integration] == named[0][integration], path


def test_the_rest_api_is_regional_and_under_api_gateways_limit(
    aws: dict[str, Any], prod: Artifact
) -> None:
    rest = of_type(aws, "AWS::Serverless::Api")["RestAPI"]
    assert rest["EndpointConfiguration"] == {"Type": "REGIONAL"}
    assert prod.rest_resources == template.rest_resources(aws) <= template.RESOURCE_LIMIT


def test_resources_are_counted_as_api_gateway_makes_them() -> None:
    paths = {path: {} for path in ("/", "/a/b/{c}", "/a/b", "/a/d")}
    body = {"Properties": {"DefinitionBody": {"paths": paths}}}
    # /, /a, /a/b, /a/b/{c}, /a/d
    assert template.rest_resources({"Resources": {"RestAPI": body}}) == 5


def test_data_outlive_the_stack_except_on_throwaway_stages(
    aws: dict[str, Any], local: dict[str, Any]
) -> None:
    for name in ("Table", "Bucket"):
        assert aws["Resources"][name]["DeletionPolicy"] == "Retain"
        assert local["Resources"][name]["DeletionPolicy"] == "Delete"


def test_what_a_run_stores_expires_with_the_stages_retention(aws: dict[str, Any]) -> None:
    (table,) = of_type(aws, "AWS::DynamoDB::Table").values()
    expiry = {"AttributeName": "expires_at", "Enabled": True}
    assert table["TimeToLiveSpecification"] == expiry
    (bucket,) = of_type(aws, "AWS::S3::Bucket").values()
    rules = bucket["LifecycleConfiguration"]["Rules"]
    (outputs,) = [rule for rule in rules if rule.get("Prefix") == "outputs/"]
    assert (outputs["Status"], outputs["ExpirationInDays"]) == (
        "Enabled",
        {"Ref": "RetentionDays"},
    )


def test_the_indexes_sort_by_time_and_those_of_runs_share_their_projection(
    aws: dict[str, Any],
) -> None:
    indexes = of_type(aws, "AWS::DynamoDB::Table")["Table"]["GlobalSecondaryIndexes"]
    keys = {
        index["IndexName"]: tuple(key["AttributeName"] for key in index["KeySchema"])
        for index in indexes
    }
    assert keys == {
        "recent": ("g_all", "at"),
        "by_workflow": ("g_workflow", "at"),
        "by_status": ("g_status", "at"),
        "by_workflow_status": ("g_status", "workflow_at"),
        "open": ("g_open", "at"),
        "by_agent_type": ("g_agent_type", "workflow_at"),
    }
    *of_runs, by_agent_type = indexes
    assert len({json.dumps(index["Projection"]) for index in of_runs}) == 1
    assert by_agent_type["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_cloudfront_is_for_deployed_stages_only(aws: dict[str, Any], local: dict[str, Any]) -> None:
    assert of_type(aws, "AWS::CloudFront::Distribution")
    assert not of_type(local, "AWS::CloudFront::Distribution")


def test_the_emulator_gets_the_same_template_but_for_three_named_changes(
    local: dict[str, Any],
) -> None:
    before = copy.deepcopy(local)["Resources"]
    after = emulator.for_emulator(local)["Resources"]
    assert set(before) - set(after) == {"WebsocketAPIDeployment", "BucketTlsOnly"}
    assert set(after) <= set(before)
    assert after["WebsocketAPIStage"]["Properties"]["AutoDeploy"] is True
    for document in (before, after):
        del document["WebsocketAPIStage"]
        for properties in of_type({"Resources": document}, FUNCTION).values():
            del properties["Environment"]["Variables"]["RUNYARD_SOCKET_ENDPOINT"]
    assert after == {name: before[name] for name in after}


def test_the_zip_is_small_and_holds_the_code_but_no_boto3(prod: Artifact) -> None:
    with zipfile.ZipFile(prod.zip_path) as archive:
        names = archive.namelist()
        stamps = {entry.date_time for entry in archive.infolist()}
    tops = {name.split("/")[0] for name in names}
    assert {"app.py", "chalicelib", "chalice", "pydantic", "aws_lambda_powertools"} <= tops
    assert not tops & {"boto3", "botocore", "pip", "antlr4", "tests", "infra"}
    assert not [name for name in names if name.endswith((".pyc", ".pyi"))]
    assert stamps == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
    assert prod.zip_bytes <= 8_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is packaged, so that nobody changes it between two builds."""
    copied = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("chalicelib", "infra", ".chalice"):
        shutil.copytree(ROOT / name, copied / name, ignore=ignored)
    for name in ("app.py", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, copied)
    return copied


def test_two_builds_of_the_same_sources_are_equal(project: Path, tmp_path: Path) -> None:
    first = package("local", tmp_path / "one", root=project)
    second = package("local", tmp_path / "two", root=project)
    assert (first.code_hash, first.template_text) == (second.code_hash, second.template_text)
    assert Path(first.zip_path).read_bytes() == Path(second.zip_path).read_bytes()


def test_nothing_is_built_again_until_a_source_changes(project: Path, tmp_path: Path) -> None:
    first = package("local", tmp_path / "out", root=project)
    stamp = Path(first.zip_path).stat().st_mtime_ns
    assert package("local", tmp_path / "out", root=project) == first
    assert Path(first.zip_path).stat().st_mtime_ns == stamp
    (project / "chalicelib" / "new.py").write_text("NEW = 1\n")
    changed = package("local", tmp_path / "out", root=project)
    assert changed.code_hash != first.code_hash
    assert not Path(first.zip_path).exists()
