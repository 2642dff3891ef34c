"""Schemes of webhook gateways that a team may already run, as they pass requests on."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence

from services.intake.channels.provider import Refused
from services.intake.channels.signatures.windows import within

WINDOW = 300
"""Seconds a timestamp may differ from our clock, either way."""
MOST_PARTS = 40

_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


def convoy(
    given: str,
    body: bytes,
    secrets: Sequence[str],
    now: float,
    *,
    digest: str = "sha256",
    encoding: str = "hex",
    window: float = WINDOW,
) -> None:
    """The body's HMAC alone, or `t=...,v1=...` over `t,body`, of which any `v1` may hold (docs.getconvoy.io).

    A body that begins with a digit is none of ours, and might be a timestamp with the body after it: what was signed
    in one form is not to hold in the other.
    """
    parts = _parts(given)
    if body[:1].isdigit():
        raise Refused("the signature cannot be checked")
    if not parts:
        _any_of([given], [_coded(secret, body, digest, encoding) for secret in secrets])
        return
    stamps = [value for name, value in parts if name == "t"]
    stamp = stamps[0] if stamps else ""
    within(stamp, window, now)
    expected = [_coded(secret, stamp.encode() + b"," + body, digest, encoding) for secret in secrets]
    _any_of([value for name, value in parts if name.startswith("v")], expected)


def hook0(headers: Mapping[str, str], given: str, body: bytes, secrets: Sequence[str], now: float) -> None:
    """`t=...,h=...,v1=...` over time, named headers and body, or `v0=` over time and body; v1 is the one that counts.

    Source: documentation.hook0.com, verifying webhook signatures. Nothing tells where one header's value ends and the
    next begins, so a timestamp and a body are good for one set of headers only (`proofs.once`).
    """
    parts = dict(_parts(given))
    stamp = parts.get("t", "")
    within(stamp, WINDOW, now)
    if "v1" in parts:
        names = parts.get("h", "").split(" ")
        if any(name and not _HEADER_NAME.fullmatch(name) for name in names):
            raise Refused("the signature cannot be checked")
        if any(name.lower() not in headers for name in names if name):
            raise Refused("a header that was signed is not there")
        values = ".".join(headers[name.lower()] for name in names if name)
        signed = f"{stamp}.{parts.get('h', '')}.{values}.".encode(errors="replace") + body
        code = parts["v1"]
    else:
        signed, code = f"{stamp}.".encode() + body, parts.get("v0", "")
    _any_of([code], [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets])


def hook0_stamp(given: str) -> str:
    """The `t` of a signature; empty where there is none."""
    return dict(_parts(given)).get("t", "")


def _parts(given: str) -> list[tuple[str, str]]:
    """`name=value` items between commas; none where it is one bare code (base64 may end in `=`)."""
    items = [item.strip().partition("=") for item in given.split(",")[:MOST_PARTS]]
    return [(name, value) for name, sign, value in items if sign] if len(items) > 1 else []


def _coded(secret: str, signed: bytes, digest: str, encoding: str) -> str:
    code = hmac.digest(secret.encode(), signed, digest)
    return code.hex() if encoding == "hex" else b64encode(code).decode()


def _any_of(given: Sequence[str], expected: Sequence[str]) -> None:
    good = [hmac.compare_digest(g.encode(errors="replace"), e.encode()) for g in given for e in expected]
    if not any(good):
        raise Refused("the signature does not hold")
