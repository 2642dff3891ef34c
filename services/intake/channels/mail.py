"""What is true of mail whoever brings it."""

from __future__ import annotations

from collections.abc import Mapping


def is_automatic(headers: Mapping[str, str], sender: str) -> bool:
    """Whether a machine wrote it (RFC 3834, and what is met beside it). `headers` have lower-case names.

    Such mail is kept, but never counts as the customer's own answer.
    """
    if headers.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no":
        return True
    if headers.get("precedence", "").strip().lower() in {"bulk", "junk", "list", "auto_reply"}:
        return True
    if headers.get("return-path", "").strip() == "<>":
        return True
    if not headers.keys().isdisjoint({"x-autoreply", "x-autorespond", "list-id", "x-failed-recipients"}):
        return True
    return sender.partition("@")[0].lower() in {"mailer-daemon", "postmaster", "no-reply", "noreply"}
