"""LINE's own OpenAPI files as the judge of every exchange, made strict, since as published they hardly validate."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SPECIFICATION = Path(__file__).parents[3] / "shared/platform-samples/line/line-openapi"
ABSENT = "LINE's OpenAPI files are not at ../shared/platform-samples/line/line-openapi"

Json = dict[str, Any]

_PREFIX = "#/components/schemas/"


def strict(document: Json) -> Json:
    """Return the document with each discriminated base replaced, where it is used, by exactly one of its kinds.

    As published a validator looks at the base alone, so that a text message without text passes.
    """
    schemas = document["components"]["schemas"]
    bases = {name: schema for name, schema in schemas.items() if "discriminator" in schema}
    made = {f"{name}__any": _one_of(schema.pop("discriminator")) for name, schema in bases.items()}
    rewritten: Json = _rewritten(document, frozenset(bases))
    rewritten["components"]["schemas"] |= made
    return rewritten


def _one_of(discriminator: Json) -> Json:
    name = discriminator["propertyName"]
    kinds = [
        {"allOf": [{"$ref": reference}, {"type": "object", "required": [name], "properties": {name: {"type": "string", "enum": [key]}}}]}
        for key, reference in discriminator["mapping"].items()
    ]
    return {"oneOf": kinds}


def _rewritten(node: Any, bases: frozenset[str], *, inherits: bool = False) -> Any:
    """Point every use of a base to its strict form; the direct members of ``allOf`` are inheritance and stay."""
    if isinstance(node, list):
        return [_rewritten(member, bases, inherits=inherits) for member in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(_PREFIX)
        return node if inherits or name not in bases else {"$ref": f"{_PREFIX}{name}__any"}
    return {key: _rewritten(value, bases, inherits=key == "allOf") for key, value in node.items()}


@functools.cache
def _judge(name: str) -> Any:
    from openapi_core import OpenAPI

    document = yaml.safe_load((SPECIFICATION / name).read_text(encoding="utf-8"))
    return OpenAPI.from_dict(strict(document))


def available() -> bool:
    """Return True where the specification lies at hand."""
    return (SPECIFICATION / "messaging-api.yml").is_file()


def request_faults(method: str, path: str, headers: Mapping[str, str], body: bytes) -> list[str]:
    """Return what is wrong with a request to LINE's API."""
    return _faults("messaging-api.yml", _request(_host(path), method, path, headers, body))


def response_faults(method: str, path: str, status: int, body: bytes, media_type: str = "application/json") -> list[str]:
    """Return what is wrong with an answer of the API. Statuses that the specification does not describe are not judged."""
    from openapi_core.testing import MockResponse

    judge = _judge("messaging-api.yml")
    described = (judge.spec / "paths" / _template(path) / method.lower() / "responses").read_value()
    if str(status) not in described:
        return []
    request = _request(_host(path), method, path, {}, b"")
    return _collected(lambda: judge.validate_response(request, MockResponse(body, status, content_type=media_type)))


def _host(path: str) -> str:
    """Return where LINE serves a path: contents have a host of their own."""
    return "https://api-data.line.me" if path.endswith("/content") else "https://api.line.me"


def _template(path: str) -> str:
    return "/v2/bot/message/{messageId}/content" if path.endswith("/content") else path


def webhook_faults(body: bytes) -> list[str]:
    """Return what is wrong with a webhook."""
    return _faults("webhook.yml", _request("https://example.com", "POST", "/callback", {}, body))


def _request(host: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
    from openapi_core.testing import MockRequest

    return MockRequest(host, method, path, headers=dict(headers), data=body, content_type="application/json")


def _faults(name: str, request: Any) -> list[str]:
    return _collected(lambda: _judge(name).validate_request(request))


def _collected(validate: Any) -> list[str]:
    from openapi_core.exceptions import OpenAPIError

    try:
        validate()
    except OpenAPIError as error:
        return [f"{type(error).__name__}: {error}: {_reasons(error)}"]
    return []


def _reasons(error: BaseException) -> str:
    cause: BaseException | None = error
    said: list[str] = []
    while cause is not None:
        said += [getattr(one, "message", str(one))[:300] for one in getattr(cause, "schema_errors", ())]
        cause = cause.__cause__
    return json.dumps(said, ensure_ascii=False)
