"""Twilio Voice: what its webhooks say of a call, as steps and facts. Part of the provider `twilio`.

Source: twilio.com/docs/voice/twiml (request parameters), /docs/voice/api/call-resource (status callbacks), /docs/voice/
twiml/record, /dial. The first webhook of a call and those amid it (Gather, Record, Dial) carry no time; status
callbacks do. `CallDuration` is in seconds, `Duration` in minutes as billed. `SequenceNumber` is not needed: a call's
steps are folded without regard to their order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

from services.intake.channels.items import Attachment, CallStep, Fact, Item
from services.intake.channels.provider import Unreadable
from services.intake.channels.reading import mail_date, number, text, unknown
from services.intake.customers.spellings import is_withheld
from shared.contracts.intake import InteractionFact

_USER_ID = re.compile(r"[A-Z]{2}(?:\.[A-Z]{2,10})?\.[A-Za-z0-9]{1,128}")

Event = Literal["new_call", "answer", "hangup"]
EVENTS: Final[Mapping[str, Event]] = {
    "queued": "new_call",
    "initiated": "new_call",
    "ringing": "new_call",
    "in-progress": "answer",
    "answered": "answer",
    "completed": "hangup",
    "busy": "hangup",
    "no-answer": "hangup",
    "failed": "hangup",
    "canceled": "hangup",
}
AMID = frozenset({"Digits", "SpeechResult", "FinishedOnKey", "msg", "DialCallStatus", "QueueResult", "RecordingUrl"})
"""What is asked and heard amid a call that has been answered some time before."""

BESIDE = frozenset({"AnsweredBy", "ConferenceSid", "QueueSid", "StreamEvent", "StreamSid"})
"""What comes without a status of the call: who picked up, rooms and queues that it is in, its sound as a stream."""
NO_RECORDING = frozenset({"in-progress", "paused", "stopped", "processing", "absent", "failed"})
"""Statuses of a recording that is none yet, or none at all."""
TRANSCRIBING = frozenset({f"transcription-{it}" for it in ("started", "content", "stopped", "error")})


def parse(fields: Mapping[str, str]) -> list[Item]:
    call_id = text(fields.get("CallSid"))
    if call_id is None:
        raise Unreadable("there is neither a MessageSid nor a CallSid")
    first_leg = text(fields.get("ParentCallSid"))
    if text(fields.get("TranscriptionSid")) or text(fields.get("TranscriptionEvent")):
        return _transcription(first_leg or call_id, fields)
    event = EVENTS.get(fields.get("CallStatus", "").lower())
    if first_leg:
        steps = _transfer(first_leg, fields.get("CallStatus", ""), _number(fields.get("To", "")))
    else:
        steps = _transfer(call_id, fields.get("DialCallStatus", ""), None)
        if event:
            steps += _step(call_id, event, fields)
    found: list[Item] = [*steps, *_recording(first_leg or call_id, fields)]
    if not found and not _is_understood(fields):
        raise unknown("an event of a call", fields.get("CallStatus"))
    return found


def _is_understood(fields: Mapping[str, str]) -> bool:
    """Whether it says nothing new: amid a call, of a leg that is still under way, or of what only Twilio handles."""
    if "RecordingStatus" in fields:
        return fields["RecordingStatus"] in NO_RECORDING
    status = fields.get("CallStatus", "").lower()
    return status in EVENTS if status else not (BESIDE | AMID).isdisjoint(fields)


def _step(call_id: str, event: Event, fields: Mapping[str, str]) -> list[CallStep]:
    at = mail_date(fields.get("Timestamp"))
    if event == "answer" and at is None and not AMID.isdisjoint(fields):
        return []
    direction = fields.get("Direction", "")
    is_over = event == "hangup"
    return [
        CallStep(
            call_id=call_id,
            event=event,
            at=at,
            direction="in" if direction == "inbound" else "out" if direction.startswith("outbound") else None,
            caller=_number(fields.get("From", "")),
            called=_number(fields.get("To", "")),
            person=_person(fields),
            answered=fields.get("CallStatus", "").lower() == "completed" if is_over else None,
            seconds=number(fields.get("CallDuration")) if is_over else None,
        )
    ]


def _transfer(call_id: str, status: str, agent: str | None) -> list[CallStep]:
    """How a leg ended by which the call was put through: Twilio has answered the caller long before somebody does."""
    status = status.lower()
    if EVENTS.get(status) != "hangup" and status != "answered":
        return []
    answered = status in {"completed", "answered"}
    return [CallStep(call_id, "transfer", None, answered=answered, answered_by=agent if answered else None)]


def _number(value: str) -> str | None:
    """`+84...`, `whatsapp:+84...`, `sip:+84...@host`, `client:lan`; None for who hides."""
    network, _, bare = value.strip().partition(":") if ":" in value else ("", "", value.strip())
    if network in {"sip", "sips"}:
        bare = bare.partition("@")[0]
    return None if is_withheld(bare) or is_user_id(bare) else bare


def is_user_id(value: str) -> bool:
    """Whether it is WhatsApp's id of somebody with this business, given instead of a number (`VN.1234567890`)."""
    return _USER_ID.fullmatch(value) is not None


def _person(fields: Mapping[str, str]) -> str | None:
    """The customer's user id: beside their number, or where it would stand."""
    given = (fields.get("ExternalUserId", ""), fields.get("From", ""), fields.get("To", ""))
    return next((bare for one in given if is_user_id(bare := one.strip().rpartition(":")[2])), None)


def _recording(call_id: str, fields: Mapping[str, str]) -> list[Fact]:
    """The same recording is told of by the call's status, by Record and by the recording's own callback."""
    url = text(fields.get("RecordingUrl"))
    if url is None or fields.get("RecordingStatus", "completed") != "completed":
        return []
    recording = text(fields.get("RecordingSid")) or _last_part(url)
    at = mail_date(fields.get("RecordingStartTime"))
    file = Attachment(f"{recording}.mp3", "audio/mpeg", url=f"{url}.mp3")
    return [Fact(recording, InteractionFact.RECORDED, call_id, at, attachments=(file,))]


def _last_part(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition("/")[2] or url
    except ValueError:
        return url


def _transcription(call_id: str, fields: Mapping[str, str]) -> list[Item]:
    """The words of a recording. Those that come bit by bit while a call goes on are not kept."""
    transcription, words = text(fields.get("TranscriptionSid")), text(fields.get("TranscriptionText"))
    event, status = fields.get("TranscriptionEvent"), fields.get("TranscriptionStatus")
    if words is None and (event in TRANSCRIBING or status in ("failed", "in-progress")):
        return []
    if transcription is None or words is None:
        raise unknown("a transcription", event or status)
    return [Fact(transcription, InteractionFact.RECORDED, call_id, text=words)]
