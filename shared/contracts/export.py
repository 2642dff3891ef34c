"""The contracts as documents: a JSON Schema for each event and one AsyncAPI 3.0 document for all of them.

They are generated from the payload models and committed, so that a change of a contract is seen in review.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Payload, event_types

Document = dict[str, Any]

SERVICES = {
    "kept.intake": "contacts, customers and cases, and our own people",
    "kept.commitments": "the life of a promise",
    "kept.notifications": "each message to a customer, and how it fared",
    "kept.feedback": "what we asked, and what the customer said",
}
"""What each topic carries."""

_KEYS = {"customer_id": "The customer's id.", "person_id": "The person's id."}
"""What a record's key is, by the field that holds it."""
_TEXT: Document = {"type": "string"}
_HEADERS: Document = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes in Kafka's binary mode, as UTF-8 text.",
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_TEXT, "format": "uuid", "description": "The same event has the same id, however often it comes."},
        "ce_type": {**_TEXT, "pattern": r"^kept\.[a-z_]+\.[a-z_]+\.v[0-9]+$"},
        "ce_source": {**_TEXT, "format": "uri-reference", "description": "The service that tells it, as /intake."},
        "ce_time": {**_TEXT, "format": "date-time"},
        "ce_partitionkey": {
            **_TEXT,
            "format": "uuid",
            "description": "The record's key: the customer's id, or a person's where it is about one of ours.",
        },
        "ce_sequence": {
            **_TEXT,
            "pattern": "^[0-9]{12}$",
            "description": "Counts the events of one key from one source, from 1, without gaps.",
        },
        "ce_subject": {
            **_TEXT,
            "format": "uuid",
            "description": "What the event is about: each message says which of its fields. Not in events of before.",
        },
        "ce_actor": {
            **_TEXT,
            "description": "Who of us, or which program, did it. Not where a customer or a clock did.",
        },
        "ce_traceparent": {**_TEXT, "description": "W3C Trace Context of what caused the event."},
        "content-type": {"const": "application/json"},
    },
    "required": [
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_time",
        "ce_partitionkey",
        "ce_sequence",
        "content-type",
    ],
}


def export(directory: Path) -> None:
    """Writes `asyncapi.json` and `schemas/<type>.json`, and removes the schemas of types that are no more."""
    wanted = _files()
    for name, text in wanted.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in _present(directory) - set(wanted):
        (directory / name).unlink()


def drift(directory: Path) -> list[str]:
    """One line for each document that is not what the models say; none where all are."""
    wanted, present = _files(), _present(directory)
    lines = [f"{name}: is missing" for name in wanted if name not in present]
    lines += [f"{name}: no event has this type" for name in present if name not in wanted]
    lines += [
        f"{name}: is not what the model says"
        for name in present & set(wanted)
        if (directory / name).read_text() != wanted[name]
    ]
    return sorted(lines)


def own_types() -> dict[str, type[Payload]]:
    """The types that belong to the contracts, in name order, and none that a test has made."""
    return {name: cls for name, cls in event_types().items() if cls.__module__.startswith("shared.contracts.")}


def schema(payload: type[Payload]) -> Document:
    """The JSON Schema (2020-12) of one payload: what every event of the type holds, and may hold."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kept:event:{payload.type}",
        **payload.model_json_schema(mode="validation"),
    }


def asyncapi() -> Document:
    types = own_types()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kept: events",
            "version": "1",
            "description": "Inside a version of a type only additions; a break is the next version of the type.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": dict(_channel(topic, types) for topic in SERVICES)
        | dict(_channel(topic, types, dead=True) for topic in SERVICES),
        "operations": {
            f"tell_{_name(topic)}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{_name(topic)}"},
                "summary": f"{_service(topic)} tells {about}.",
            }
            for topic, about in SERVICES.items()
        },
        "components": {
            "messages": {name: _message(cls) for name, cls in types.items()},
            "schemas": {"cloudEvent": _HEADERS},
        },
    }


def _channel(topic: str, types: dict[str, type[Payload]], *, dead: bool = False) -> tuple[str, Document]:
    address = f"{topic}.dlt" if dead else topic
    about = (
        "Copies of records that a consumer could not handle, or that wait behind one; `kept_reason` says why."
        if dead
        else f"{_service(topic)} tells {SERVICES[topic]}."
    )
    return _name(address), {
        "address": address,
        "description": about,
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name, cls in types.items() if cls.topic == topic
        },
    }


def _message(payload: type[Payload]) -> Document:
    words = inspect.cleandoc(payload.__doc__ or "").partition("\n\n")[0]
    summary = {"summary": " ".join(words.split())} if "__doc__" in vars(payload) and payload.__doc__ else {}
    return {
        "name": payload.type,
        "title": payload.__name__,
        **summary,
        "description": f"ce_subject is {_fields(payload)}.",
        "headers": {"$ref": "#/components/schemas/cloudEvent"},
        "payload": {"$ref": f"schemas/{payload.type}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid", "description": _KEYS[payload.keyed_by]}}},
    }


def _fields(payload: type[Payload]) -> str:
    """The fields that may hold the subject, the nearest first, down to one that is never null."""
    fields = [*payload.concerns, payload.keyed_by]
    filled = next(n for n, name in enumerate(fields) if payload.model_fields[name].annotation is UUID)
    return " or, where that is null, ".join(fields[: filled + 1])


def _files() -> dict[str, str]:
    documents = {f"schemas/{name}.json": schema(cls) for name, cls in own_types().items()}
    documents["asyncapi.json"] = asyncapi()
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in documents.items()}


def _present(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*.json")}


def _name(topic: str) -> str:
    return topic.replace(".", "_")


def _service(topic: str) -> str:
    return topic.rpartition(".")[2]
