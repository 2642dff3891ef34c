"""Mailgun, SendGrid, Postmark, SES and mailboxes. Source: their documentation, as their modules name it."""

from __future__ import annotations

import json
from typing import Any

from services.intake.channels.provider import Request
from tests.intake.channels.kinds.samples import (
    AT,
    MESSAGE,
    NOBODY_SPOKE,
    QUARANTINE,
    Kind,
    Unheard,
    each,
    form,
    post,
)
from tests.intake.channels.posting import RAW
from tests.intake.channels.posting import form as multipart

LAN = "lan@example.com"
WHEN = "2026-03-02T09:00:00Z"


def mg(event: str, **more: Any) -> Request:
    data = {"event": event, "recipient": LAN, "timestamp": AT, "message": {"headers": {"message-id": "1@kept"}}, **more}
    return post({"signature": {"token": "t", "timestamp": str(AT), "signature": "s"}, "event-data": data})


MAILGUN: list[Kind] = [
    *each(
        "mailgun",
        [form(token="t", **{"from": LAN, "body-plain": "x"}), form(token="t", **{"body-mime": RAW.decode()})],
        MESSAGE,
    ),
    *each("mailgun", [mg("delivered")], "delivered"),
    *each("mailgun", [mg("opened"), mg("clicked", url="https://example.com")], "read"),
    *each("mailgun", [mg("rejected", reject={"reason": "Not allowed"})], "failed"),
    *each("mailgun", [mg("failed", severity="permanent")], "failed", "bounced"),
    *each("mailgun", [mg("complained")], "complained"),
    *each("mailgun", [mg("unsubscribed")], "opted_out"),
    *each(
        "mailgun",
        [
            *(mg(kind) for kind in ("accepted", "stored", "list_member_uploaded", "list_uploaded", "email_validation")),
            mg("failed", severity="temporary"),
            mg("opened", **{"client-info": {"bot": "gmail"}}),
        ],
        *NOBODY_SPOKE,
    ),
    *each("mailgun", [mg("delivered", recipient=None), mg("opened", message={})], QUARANTINE),
]


def sg(event: str, **more: Any) -> Request:
    return post([{"event": event, "email": LAN, "sg_event_id": "e", "timestamp": AT, "smtp-id": "<1@kept>", **more}])


SENDGRID: list[Kind] = [
    *each("sendgrid", [multipart(("from", LAN), ("text", "x")), multipart(("email", RAW))], MESSAGE),
    *each("sendgrid", [sg("processed")], "sent"),
    *each("sendgrid", [sg("delivered")], "delivered"),
    *each("sendgrid", [sg("open"), sg("click", url="https://example.com")], "read"),
    *each("sendgrid", [sg("dropped"), sg("bounce", type="blocked")], "failed"),
    *each("sendgrid", [sg("bounce", type="bounce")], "failed", "bounced"),
    *each("sendgrid", [sg("spamreport")], "complained"),
    *each("sendgrid", [sg("unsubscribe")], "opted_out"),
    *each("sendgrid", [sg("group_unsubscribe", asm_group_id=1)], "marketing_stopped"),
    *each("sendgrid", [sg("group_resubscribe", asm_group_id=1)], "marketing_resumed"),
    *each("sendgrid", [sg("deferred"), sg("account_status_change"), sg("open", sg_machine_open=True)], *NOBODY_SPOKE),
    *each("sendgrid", [sg("delivered", email=None), sg("open", **{"smtp-id": None}), post([5])], QUARANTINE),
]


def pm(record: str, **more: Any) -> Request:
    return post({"RecordType": record, "MessageID": "m", "Recipient": LAN, "Email": LAN, "BouncedAt": WHEN, **more})


def bounced(kind: str) -> Request:
    return pm("Bounce", Type=kind)


POSTMARK: list[Kind] = [
    *each("postmark", [post({"MessageID": "m", "From": LAN, "TextBody": "x"}), pm("Inbound", From=LAN)], MESSAGE),
    *each("postmark", [pm("Delivery", DeliveredAt=WHEN)], "delivered"),
    *each("postmark", [pm("Open", ReceivedAt=WHEN), pm("Click", ReceivedAt=WHEN)], "read"),
    *each("postmark", [bounced(kind) for kind in ("HardBounce", "BadEmailAddress")], "bounced", "failed"),
    *each("postmark", [bounced(kind) for kind in ("SoftBounce", "Blocked", "DnsError", "SpamNotification")], "failed"),
    *each("postmark", [bounced("Unsubscribe")], "opted_out"),
    *each(
        "postmark",
        [
            bounced(kind)
            for kind in (
                "Transient",
                "AutoResponder",
                "AddressChange",
                "ChallengeVerification",
                "OpenRelayTest",
                "Unknown",
                "Subscribe",
                "Unconfirmed",
            )
        ],
        *NOBODY_SPOKE,
    ),
    *each("postmark", [pm("SpamComplaint")], "complained"),
    *each("postmark", [pm("SubscriptionChange", SuppressSending=True, ChangedAt=WHEN)], "opted_out"),
    *each("postmark", [pm("SubscriptionChange", SuppressSending=False, ChangedAt=WHEN)], "opted_in"),
    *each("postmark", [pm("Delivery", Recipient=None, Email=None), pm("Open", MessageID=None)], QUARANTINE),
]


def sns(message: object, **more: Any) -> Request:
    told = message if isinstance(message, str) else json.dumps(message)
    return post({"Type": "Notification", "MessageId": "s", "Message": told, **more}, "text/plain; charset=UTF-8")


def ses(kind: str, **more: Any) -> Request:
    return sns({"eventType": kind, "mail": {"messageId": "m", "timestamp": WHEN, "destination": [LAN]}, **more})


def bounce(kind: str) -> Request:
    return ses("Bounce", bounce={"bounceType": kind, "bouncedRecipients": [{"emailAddress": LAN}]})


def left(**wanted: Any) -> Request:
    return ses("Subscription", subscription={"contactList": "l", "timestamp": WHEN, "newTopicPreferences": wanted})


_SNS = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:1:mail&Token=t"

SES: list[Kind] = [
    *each("ses", [sns({"notificationType": "Received", "mail": {}, "content": RAW.decode()})], MESSAGE),
    *each("ses", [ses("Send")], "sent"),
    *each("ses", [ses("Delivery", delivery={"recipients": [LAN]})], "delivered"),
    *each("ses", [ses("Open", open={"timestamp": WHEN}), ses("Click", click={"timestamp": WHEN})], "read"),
    *each("ses", [ses("Reject"), ses("Rendering Failure")], "failed"),
    *each("ses", [bounce("Permanent")], "bounced", "failed"),
    *each("ses", [ses("Complaint", complaint={"complainedRecipients": [{"emailAddress": LAN}]})], "complained"),
    *each("ses", [left(unsubscribeAll=True)], "opted_out"),
    *each(
        "ses",
        [left(unsubscribeAll=False, topicSubscriptionStatus=[{"topicName": "news", "subscriptionStatus": "OptOut"}])],
        "marketing_stopped",
    ),
    *each(
        "ses",
        [left(topicSubscriptionStatus=[{"topicName": "news", "subscriptionStatus": "OptIn"}])],
        "marketing_resumed",
    ),
    *each(
        "ses",
        [
            *(bounce(kind) for kind in ("Transient", "Undetermined")),
            ses("DeliveryDelay"),
            sns({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "ok"}),
            sns("Successfully validated SNS topic for Amazon SES event publishing."),
            sns("", Type="UnsubscribeConfirmation", SubscribeURL=_SNS),
        ],
        *NOBODY_SPOKE,
    ),
]

IMAP: list[Kind] = each("imap", [post(RAW, "message/rfc822")], MESSAGE)

KINDS = MAILGUN + SENDGRID + POSTMARK + SES + IMAP
UNHEARD: dict[str, list[Unheard]] = {
    "mailgun": [lambda kind: mg(kind), lambda kind: mg("failed", severity=kind), lambda kind: mg(kind, recipient=None)],
    "sendgrid": [lambda kind: sg(kind), lambda kind: sg("bounce", type=kind)],
    "postmark": [lambda kind: pm(kind), lambda kind: bounced(kind)],
    "ses": [
        lambda kind: ses(kind),
        lambda kind: bounce(kind),
        lambda kind: sns({"notificationType": kind}),
        lambda kind: sns("{}", Type=kind),
    ],
    "imap": [lambda kind: post(RAW.replace(b"text/csv", f"x-{kind}/x-{kind}".encode()))],
}
