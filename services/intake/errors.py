"""Errors of intake, by name."""

from __future__ import annotations

from shared.problems import Conflict, Forbidden, Gone, Invalid, NotFound, Problem, Unauthenticated, Unavailable


class NoSuchChannel(NotFound):
    code = "no-such-channel"


class NoSuchCustomer(NotFound):
    code = "no-such-customer"


class NoSuchCase(NotFound):
    code = "no-such-case"


class NoSuchInteraction(NotFound):
    code = "no-such-interaction"


class NoSuchAttachment(NotFound):
    code = "no-such-attachment"


class AttachmentNotHere(Conflict):
    """Its content is not with us, or not yet; `state` and `reason` say why."""

    code = "attachment-not-here"


class NotInQuarantine(NotFound):
    code = "not-in-quarantine"


class NoSuchRequest(NotFound):
    code = "no-such-request"


class WrongSignature(Unauthenticated):
    code = "wrong-signature"


class ChannelLocked(Unavailable):
    """Its secrets were sealed under another KEPT_SECRET_KEY. It heals with the setting, hence no 4xx."""

    code = "channel-locked"


class ChannelOff(Gone):
    """Somebody switched it off: each provider is told in its own way not to come again."""

    code = "channel-off"


class MethodNotAllowed(Problem):
    status, code = 405, "method-not-allowed"


class ChannelExists(Conflict):
    code = "channel-exists"


class HandleTaken(Conflict):
    code = "handle-taken"


class SameCustomer(Invalid):
    code = "same-customer"


class AlreadyMerged(Conflict):
    code = "already-merged"


class NotMerged(Conflict):
    code = "not-merged"


class CaseMoved(Conflict):
    """The case is not in the state this act needs."""

    code = "case-moved"


class NoSuchPerson(NotFound):
    code = "no-such-person"


class PersonExists(Conflict):
    code = "person-exists"


class LastAdmin(Conflict):
    code = "last-admin"


class NotLetIn(Forbidden):
    """Somebody comes back from the OpenID provider who does not come in."""

    code = "not-let-in"


class LinkUsed(Gone):
    code = "link-used"


class Overtaken(Exception):
    """Another worker filed the same contact at the same moment. Nothing was written; do the batch again."""
