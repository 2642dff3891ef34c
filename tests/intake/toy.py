"""A provider whose requests are lists of items, so that what becomes of items is tried apart from how they are read."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest

from services.intake.channels.items import Item
from services.intake.channels.provider import Provider, Refused, Reply, Request, StatusRules
from services.intake.channels.registry import providers
from shared.contracts.intake import ChannelKind
from tests.intake.senders import Webhook


def _verify(request: Request, secrets: Sequence[str], _: datetime) -> None:
    if request.headers.get("x-toy") not in secrets:
        raise Refused("wrong toy")


def _parse(request: Request) -> Sequence[Item]:
    items: Sequence[Item] = pickle.loads(request.body)
    return items


def _greet(request: Request, _: Sequence[str], verify_token: str) -> Reply | None:
    if request.method == "GET":
        if request.headers.get("x-token") != verify_token:
            raise Refused("wrong verify token")
        return Reply(b"hello", "text/plain")
    return Reply(b"challenged", "text/plain") if request.body == b"challenge" else None


def _token(request: Request) -> str | None:
    return request.url.partition("?token=")[2] or None


TOY = Provider(
    name="toy",
    secret_fault=lambda _: None,
    kind=ChannelKind.CHAT,
    verify=_verify,
    parse=_parse,
    greet=_greet,
    token=_token,
    methods=("POST", "GET"),
    wants_verify_token=True,
    headers=("x-keep-*",),
    rules=StatusRules(refused=403, stop=406, stop_headers={"X-No-Retry": "1"}, too_large=406, retry_after=7),
)


@contextmanager
def toy_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """While it lasts there is a provider `toy`, whose secret is `SECRET`."""
    found = {**providers(), "toy": TOY}
    for module in (
        "channels.setup.directory",
        "channels.setup.settings",
        "channels.setup.routes",
        "commands",
        "channels.registry",
    ):
        monkeypatch.setattr(f"services.intake.{module}.providers", lambda: found)
    yield


def sent(*items: Item, channel: str = "toy") -> Webhook:
    return Webhook(f"/intake/webhooks/{channel}", pickle.dumps(items), {"X-Toy": "toy-secret-of-ours"})
