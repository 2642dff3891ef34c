"""Signature schemes over raw bytes. Each takes all valid secrets, compares in constant time, raises Refused.

They may meet any bytes and any header: nothing else is raised.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from services.intake.channels.provider import Refused

MOST_FIELDS = 1000
STANDARD_WINDOW = 300
"""Seconds a Standard Webhooks timestamp may differ from our clock, either way."""

_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")


def form_fields(body: bytes) -> list[tuple[str, str]]:
    """A form's fields in their order (WHATWG URL, 5.1); empty values count. Raises ValueError over MOST_FIELDS.

    `parse_qsl` does the same in several times the time, and this is done twice for every message.
    """
    pairs = body.decode().replace("+", " ").split("&", MOST_FIELDS)
    if len(pairs) > MOST_FIELDS:
        raise ValueError("too many fields")
    return [
        (_unescape(key) if "%" in key else key, _unescape(value) if "%" in value else value)
        for key, _, value in (pair.partition("=") for pair in pairs if pair)
    ]


def _unescape(part: str) -> str:
    """As `urllib.parse.unquote`, which goes by the escape where this goes by the run of them."""
    return _ESCAPES.sub(_run, part)


def _run(escapes: re.Match[str]) -> str:
    return bytes.fromhex(escapes[0].replace("%", "")).decode(errors="replace")


def basic(authorization: str, secrets: Sequence[str]) -> None:
    """HTTP basic authentication (RFC 7617); a secret is `user:password`."""
    scheme, _, given = authorization.partition(" ")
    try:
        pair = b64decode(given.strip(), validate=True)
    except ValueError:
        pair = b""
    good = [hmac.compare_digest(pair, secret.encode()) for secret in secrets]
    if scheme.lower() != "basic" or not any(good):
        raise Refused("wrong user or password")


def twilio(url: str, body: bytes, signature: str, secrets: Sequence[str], *, is_form: bool) -> None:
    """base64 HMAC-SHA1 over the public URL and the sorted form fields.

    A body that is no form is not in the signature but its SHA-256 is in the URL; without that it is unsigned.
    Twilio adds and drops the port, and writes an apostrophe both ways.
    """
    given = signature.encode(errors="replace")
    try:
        signed = _signed_form(body) if is_form else _check_body_digest(url, body)
        for variant in _variants(url):
            message = (variant + signed).encode()
            for secret in secrets:
                if hmac.compare_digest(b64encode(hmac.digest(secret.encode(), message, "sha1")), given):
                    return
    except ValueError as error:
        raise Refused(f"cannot be checked: {error}") from error
    raise Refused("the signature does not hold")


def _signed_form(body: bytes) -> str:
    """Keys sorted, the values of one key sorted and each once."""
    return "".join(key + value for key, value in sorted(set(form_fields(body))))


def _check_body_digest(url: str, body: bytes) -> str:
    stated = dict(parse_qsl(urlsplit(url).query, max_num_fields=MOST_FIELDS)).get("bodySHA256", "")
    if not hmac.compare_digest(stated.lower().encode(), sha256(body).hexdigest().encode()):
        raise Refused("the body is not the one that was signed")
    return ""


def _variants(url: str) -> Iterator[str]:
    """The URL as it is first: nearly always it is the one."""
    yield url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = host.rsplit(":", 1)[0] if parts.port is not None else host
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for netloc in (parts.netloc, f"{user}{at}{name}", f"{user}{at}{name}:{port}"):
        text = parts._replace(netloc=netloc).geturl()
        yield text
        yield text.replace("'", "%27")
        yield text.replace("%27", "'")


def standard_secret(secret: str) -> bytes:
    """The key in `whsec_...`. Raises ValueError."""
    key = b64decode(secret.removeprefix("whsec_"), validate=True)
    if not key:
        raise NotBase64("the secret is empty")
    return key


def standard_webhooks(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """Standard Webhooks 1: `v1,` base64 HMAC-SHA256 over `id.timestamp.body`, any one of several signatures."""
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise Refused("webhook-id or webhook-timestamp is missing")
    if abs(now - int(stamp)) > STANDARD_WINDOW:
        raise Refused("the timestamp is too far from our clock")
    signed = f"{message_id}.{stamp}.".encode() + body
    given = [s[3:].encode() for s in headers.get("webhook-signature", "").split(" ")[:20] if s.startswith("v1,")]
    for secret in secrets:
        expected = b64encode(hmac.new(standard_secret(secret), signed, sha256).digest())
        good = [hmac.compare_digest(expected, signature) for signature in given]
        if any(good):
            return
    raise Refused("the signature does not hold")
