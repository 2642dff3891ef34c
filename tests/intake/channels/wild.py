"""What a provider might send on a bad day: its own names with anything behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from services.intake.arrivals.arrival import Source
from services.intake.arrivals.storable import storable
from services.intake.channels.items import Address, Contact, Item
from services.intake.channels.provider import NoDownload, Request, Unreadable
from services.intake.channels.registry import providers
from services.intake.contacts.filing import digest

URL = "https://kept.example.com/intake/webhooks/it"

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            1,
            2**31,
            2**63,
            10**40,
            1e308,
            float("inf"),
            float("nan"),
            1571080403,
            "1571080403",
        ),
        *(
            "",
            " ",
            "\x00",
            "\ud800",
            "x" * 300,
            "0001-01-01T00:00:00+14:00",
            "2026-03-02T09:00:00Z",
            "9999-12-31T23:59:59Z",
        ),
        *(
            "https://[::1",
            "https://a.example/b.png",
            "+84901234567",
            "lan@example.com",
            "<p>hi</p>",
            "e30=",
            [],
            {},
            [[]],
        ),
    ]
)


def objects(keys: Sequence[str], values: Sequence[object]) -> st.SearchStrategy[Any]:
    """JSON objects of a provider's own keys and words, at any depth, with anything in them."""
    leaf = ODD | st.sampled_from([*values]) | st.text(max_size=8) | st.integers() | st.floats()
    names = st.sampled_from([*keys])

    def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.dictionaries(names, inner, max_size=8) | st.lists(inner, max_size=3)

    return st.dictionaries(names, st.recursive(leaf, deeper, max_leaves=16), max_size=10)


def parsed(name: str, body: bytes, headers: Mapping[str, str] | None = None) -> Sequence[Item]:
    """What a provider makes of it, checked as the database would; nothing where it cannot be read."""
    provider = providers()[name]
    try:
        items = provider.parse(Request(URL, headers or {}, body))
    except Unreadable:
        return []
    source = Source("it", name, provider.kind, "")
    for item in storable(items):
        assert isinstance(item, Item)
        for field in item.__slots__:
            value = getattr(item, field)
            assert not isinstance(value, datetime) or value.tzinfo is not None
            assert value or field not in ("external_id", "call_id", "reason", "fact")
            if isinstance(value, Address):
                source.handle(value, "VN")
        if isinstance(item, Contact):
            digest(item)
        for attachment in getattr(item, "attachments", ()):
            try:
                assert provider.locate(attachment, "user:token").url
            except NoDownload:
                continue
    return items
