"""Twilio's signature (twilio.com/docs/usage/webhooks/webhooks-security)."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from services.intake.channels.forms import MOST_FIELDS, form_fields
from services.intake.channels.provider import Refused


def twilio(url: str, body: bytes, signature: str, secrets: Sequence[str], *, is_form: bool) -> None:
    """base64 HMAC-SHA1 over the public URL and the sorted form fields.

    A body that is no form is not in the signature but its SHA-256 is in the URL; without that it is unsigned.
    Twilio adds and drops the port, and writes an apostrophe both ways.

    There is no border between a name and its value, nor between one field and the next, and a field that comes twice
    is signed once: `a=bc` and `ab=c` have one signature. It cannot be told here which was meant, so a signature is
    good for the request that brought it first, for ever (`proofs.once`).
    """
    given = signature.encode(errors="replace")
    try:
        is_form = is_form and "bodySHA256=" not in url  # else it would be a signature of no fields, for any body
        signed = _signed_form(body) if is_form else _check_body_digest(url, body)
        for variant in _variants(url):
            message = (variant + signed).encode()
            for secret in secrets:
                if hmac.compare_digest(b64encode(hmac.digest(secret.encode(), message, "sha1")), given):
                    return
    except ValueError as error:
        raise Refused("the signature cannot be checked") from error
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
