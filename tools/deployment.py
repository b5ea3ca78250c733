"""Deploys template.yaml to the emulated cloud: what `sam deploy` does, without its second Python environment.

Each code folder becomes a zip in a bucket, named by its content, so that an update changes what changed and nothing
else; the transform of SAM runs inside the emulator.
"""

import hashlib
import io
import json
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.yaml_helper import yaml_parse

from tools.emulator import ACCOUNT, REGION, LocalCloudError

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_s3 import S3Client

BUCKET = "loyalty-ledger-code"
DEPLOY_SECONDS = 120.0
SKIPPED = {"__pycache__", ".mypy_cache", ".DS_Store"}
INSTALLED = {"DependenciesLayer"}
"""Layers that are not built here: the emulator runs functions with our Python, which has the same versions."""

Progress = Callable[[str], None]
Template = dict[str, Any]


def client(endpoint_url: str, service: str, *, patience: float = 60) -> Any:
    """A boto3 client of the emulated cloud; never with the user's credentials, region or proxies.

    It waits `patience` seconds for an answer.
    """
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
        config=Config(proxies={}, retries={"total_max_attempts": 2}, max_pool_connections=32, read_timeout=patience),
    )


@dataclass(frozen=True)
class Deployment:
    """What a deployed stack consists of."""

    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    """Logical name -> deployed name."""
    physical: Mapping[str, str]
    """Logical name -> physical id, of every resource."""
    api: Template
    """The processed template's HTTP API: its OpenAPI body."""


def deploy(
    endpoint_url: str, root: Path, stack_name: str, parameters: Mapping[str, str], progress: Progress
) -> Deployment:
    """Creates or updates the stack from root/template.yaml. Raises LocalCloudError with the reason it failed for."""
    s3: S3Client = client(endpoint_url, "s3")
    cloudformation: CloudFormationClient = client(endpoint_url, "cloudformation")

    template_url = _package(s3, endpoint_url, root)
    _apply(cloudformation, stack_name, template_url, parameters, progress)

    stack = _describe(cloudformation, stack_name)
    resources = [
        resource
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        for resource in page["StackResourceSummaries"]
    ]
    physical = {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in resources}
    processed: Any = cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    template = json.loads(processed) if isinstance(processed, str) else processed
    apis = [r for r in template["Resources"].values() if r["Type"] == "AWS::ApiGatewayV2::Api"]
    return Deployment(
        outputs={o["OutputKey"]: o["OutputValue"] for o in (stack["Outputs"] if stack else [])},
        functions={
            r["LogicalResourceId"]: r.get("PhysicalResourceId", "")
            for r in resources
            if r["ResourceType"] == "AWS::Lambda::Function"
        },
        physical=physical,
        api=apis[0]["Properties"]["Body"],
    )


def read_template(path: Path) -> Template:
    """A SAM template with its short intrinsics (!Ref) in their long form ({"Ref": ...})."""
    template: Template = yaml_parse(path.read_text())
    return template


def zip_folder(folder: Path, skipped: Collection[str] = SKIPPED) -> bytes:
    """The folder without what is skipped, as a zip; the same content gives the same bytes."""
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not set(skipped).intersection(path.relative_to(folder).parts)
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def build_layer(name: str, folder: Path, python: str = sys.executable) -> bytes:
    """The layer that the folder's Makefile builds, as a zip. Raises LocalCloudError with what make says."""
    with TemporaryDirectory() as artifacts:
        command = ["make", "-C", str(folder), f"build-{name}", f"ARTIFACTS_DIR={artifacts}", f"PYTHON={python}"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise LocalCloudError(f"{name} could not be built: {made.stderr.strip()}")
        return zip_folder(Path(artifacts), skipped=())


def _package(s3: "S3Client", endpoint_url: str, root: Path) -> str:
    """Uploads code and a template that refers to it; returns the template's URL."""
    # Not part of the kept state, so it may be gone although the stack is there.
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    template = read_template(root / "template.yaml")
    for name, resource in template["Resources"].items():
        for key in ("CodeUri", "ContentUri"):
            uri = resource.get("Properties", {}).get(key)
            if isinstance(uri, str):
                folder = root / uri
                if not folder.is_dir():
                    raise LocalCloudError(f"{name} is made from {uri}, and there is no such folder")
                built = resource.get("Metadata", {}).get("BuildMethod") == "makefile" and name not in INSTALLED
                content = build_layer(name, folder) if built else zip_folder(folder)
                resource["Properties"][key] = _upload(s3, content, "zip")
    body = json.dumps(template).encode()
    return _upload(s3, body, "json").replace("s3://", f"{endpoint_url}/")


def _upload(s3: "S3Client", body: bytes, extension: str) -> str:
    key = f"{hashlib.sha256(body).hexdigest()[:32]}.{extension}"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"s3://{BUCKET}/{key}"


def _apply(
    cloudformation: "CloudFormationClient",
    stack_name: str,
    template_url: str,
    parameters: Mapping[str, str],
    progress: Progress,
) -> None:
    stack = _describe(cloudformation, stack_name)
    if stack is not None and stack["StackStatus"] in (
        "ROLLBACK_COMPLETE",
        "CREATE_FAILED",
        "ROLLBACK_FAILED",
    ):
        progress("removing what a failed first deployment left")
        cloudformation.delete_stack(StackName=stack_name)
        _settle(cloudformation, stack_name)
        stack = None
    change: dict[str, Any] = {
        "StackName": stack_name,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
    }
    try:
        if stack is None:
            progress(f"creating stack {stack_name}")
            cloudformation.create_stack(**change)
        else:
            progress(f"updating stack {stack_name}")
            cloudformation.update_stack(**change)
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return
        raise LocalCloudError(f"the template was refused: {message}") from error
    status = _settle(cloudformation, stack_name)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise LocalCloudError(f"deployment ended in {status}: {_reason(cloudformation, stack_name)}")


def _describe(cloudformation: "CloudFormationClient", stack_name: str) -> "StackTypeDef | None":
    try:
        return cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def _settle(cloudformation: "CloudFormationClient", stack_name: str) -> str:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        stack = _describe(cloudformation, stack_name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if not status.endswith("_IN_PROGRESS"):
            return status
        time.sleep(0.1)
    raise LocalCloudError(f"deployment did not end within {DEPLOY_SECONDS:.0f} s")


def _reason(cloudformation: "CloudFormationClient", stack_name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    failures = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    return failures[-1] if failures else "no reason given"


def restore_routes(endpoint_url: str, deployment: Deployment) -> int:
    """Makes the API's routes as its OpenAPI body says, and returns how many had to be changed.

    The emulator ignores the body that SAM generates for an HTTP API. On an emulator that reads it, this finds
    everything in place and does nothing.
    """
    api: ApiGatewayV2Client = client(endpoint_url, "apigatewayv2")
    api_id = deployment.physical["Api"]
    wanted = dict(_routes(deployment))
    found = {route["RouteKey"]: route for route in api.get_routes(ApiId=api_id).get("Items", [])}
    authorizer_id = _authorizer(api, api_id, deployment)
    integrations = {
        item["IntegrationUri"]: item["IntegrationId"]
        for item in api.get_integrations(ApiId=api_id).get("Items", [])
        if "IntegrationUri" in item
    }
    changed = 0
    for key, (function, scopes) in wanted.items():
        uri = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{deployment.functions[function]}"
        if uri not in integrations:
            integrations[uri] = api.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=uri,
                IntegrationMethod="POST",
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        route: dict[str, Any] = {
            "RouteKey": key,
            "Target": f"integrations/{integrations[uri]}",
            "AuthorizationType": "JWT",
            "AuthorizerId": authorizer_id,
            "AuthorizationScopes": scopes,
        }
        present = found.pop(key, None)
        if present is None:
            api.create_route(ApiId=api_id, **route)
            changed += 1
        elif any(present.get(field) != value for field, value in route.items()):
            api.update_route(ApiId=api_id, RouteId=present["RouteId"], **route)
            changed += 1
    for route_left in found.values():
        api.delete_route(ApiId=api_id, RouteId=route_left["RouteId"])
        changed += 1
    return changed


def _routes(deployment: Deployment) -> list[tuple[str, tuple[str, list[str]]]]:
    """Route key -> (logical name of its function, scopes), from the API's OpenAPI body."""
    routes: list[tuple[str, tuple[str, list[str]]]] = []
    for path, operations in deployment.api["paths"].items():
        for method, operation in operations.items():
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)
            security = operation.get("security") or []
            if function is None or not security:
                raise LocalCloudError(f"route {verb} {path} has no function or no authorizer")
            scopes = [scope for requirement in security for scopes in requirement.values() for scope in scopes]
            routes.append((f"{verb} {path}", (function.group(1), scopes)))
    return routes


def _authorizer(api: "ApiGatewayV2Client", api_id: str, deployment: Deployment) -> str:
    pool = deployment.physical["UserPool"]
    settings: dict[str, Any] = {
        "AuthorizerType": "JWT",
        "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {
            "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
            "Audience": [deployment.physical[f"{name}Client"] for name in ("Storefront", "Admin", "Finance")],
        },
    }
    for authorizer in api.get_authorizers(ApiId=api_id).get("Items", []):
        if authorizer["Name"] == "Jwt":
            if authorizer.get("JwtConfiguration") != settings["JwtConfiguration"]:
                api.update_authorizer(ApiId=api_id, AuthorizerId=authorizer["AuthorizerId"], **settings)
            return authorizer["AuthorizerId"]
    return api.create_authorizer(ApiId=api_id, Name="Jwt", **settings)["AuthorizerId"]
