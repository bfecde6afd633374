"""The Bot API as other people wrote it down (10.1), made into closed JSON Schemas; and its form encoding, decoded by its types."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "platform-samples" / "telegram"
SPECIFICATION = SAMPLES / "bot-api-10.1.json"
ABSENT = f"platform samples are absent: {SPECIFICATION.name} is not at ../shared/platform-samples/telegram"

_PRIMITIVES: dict[str, dict[str, Any]] = {
    "Integer": {"type": "integer"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Float": {"type": "number"},
    "True": {"const": True},
    "InputFile": {},
}
# Where the specification is absent, the stand-in still has to read forms: the parameters that we send, by hand.
_OWN_TYPES: dict[str, list[str]] = {
    **{name: ["Integer"] for name in ("message_id", "message_thread_id", "offset", "limit", "timeout", "max_connections")},
    **{name: ["Boolean"] for name in ("show_alert", "drop_pending_updates", "disable_notification", "protect_content")},
    **{name: ["Object"] for name in ("reply_markup", "reply_parameters", "link_preview_options", "media")},
    "allowed_updates": ["Array of String"],
    "chat_id": ["Integer", "String"],
}


class Specification:
    """What may be said, and what may be answered."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._methods: Mapping[str, Any] = content["methods"]
        self._types: Mapping[str, Any] = content["types"]
        self._definitions = {name: _object(definition) for name, definition in self._types.items()}

    def request_faults(self, method: str, parameters: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with a request."""
        if method not in self._methods:
            return [f"{method}: no such method"]
        return self._faults(method, _object(self._methods[method]), parameters)

    def result_faults(self, method: str, result: object) -> list[str]:
        """Return what is wrong with a method's result."""
        return self._faults(f"{method} → result", _any_of(self._methods[method]["returns"]), result)

    def update_faults(self, update: object) -> list[str]:
        """Return what is wrong with an update."""
        return self._faults("update", {"$ref": "#/$defs/Update"}, update)

    def parameter_types(self, method: str) -> Mapping[str, list[str]]:
        """Return the types of a method's parameters."""
        fields = self._methods.get(method, {}).get("fields", [])
        return {field["name"]: field["types"] for field in fields}

    def _faults(self, where: str, schema: dict[str, Any], value: object) -> list[str]:
        validator = Draft202012Validator({**schema, "$defs": self._definitions})
        return [f"{where}: {error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@functools.cache
def specification() -> Specification | None:
    """Return the specification, or None where it is absent."""
    return Specification(json.loads(SPECIFICATION.read_text())) if SPECIFICATION.exists() else None


def decode(method: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Read a form by the types that the specification gives to its parameters: a text of ``5`` stays a text."""
    spec = specification()
    types = spec.parameter_types(method) if spec else _OWN_TYPES
    return {name: _decoded(value, types.get(name, ["String"])) for name, value in form.items()}


def _decoded(value: str, types: list[str]) -> Any:
    if "Integer" in types and value.removeprefix("-").isdecimal():
        return int(value)
    if "String" in types:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value  # the schema will say so


def _object(definition: Mapping[str, Any]) -> dict[str, Any]:
    if definition.get("subtypes"):
        return _any_of(definition["subtypes"])
    fields = definition.get("fields", [])
    properties = {field["name"]: _any_of(field["types"]) for field in fields}
    if properties.get("text") == _PRIMITIVES["String"]:
        properties["text"] = {"type": "string", "minLength": 1}
    required = [field["name"] for field in fields if field["required"]]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _any_of(names: list[str]) -> dict[str, Any]:
    schemas = [_type(name) for name in names]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _type(name: str) -> dict[str, Any]:
    if name.startswith("Array of "):
        return {"type": "array", "items": _type(name.removeprefix("Array of "))}
    return _PRIMITIVES.get(name, {"$ref": f"#/$defs/{name}"})
