"""Whatever a helpdesk sends: it is read into what we know, or refused as we refuse, and nothing else happens."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.items import Contact, Fact, Reach
from services.intake.channels.providers import intercom, zendesk
from tests.intake.channels import wild

ZENDESK = (
    "type kept detail event comment actor message author id body is_public is_staff requester_id requester_email "
    "requester_phone comment_id subject via channel time at current_user_role name"
)
INTERCOM = (
    "topic id app_id data item source author contacts user conversation_parts body part_type created_at attachments "
    "url email phone type subject redacted filesize unsubscribed_from_emails contact conversation_message"
)
CHATWOOT = (
    "event id message_type private content created_at updated_at sender conversation meta contact_inbox contact_id "
    "attachments data_url file_size content_attributes status channel deleted in_reply_to email phone_number type"
)
WORDS: Mapping[str, tuple[str, Sequence[object], Sequence[dict[str, Any]]]] = {
    "zendesk": (
        ZENDESK,
        ["comment", "end_user", "agent", "email", "8447"],
        [{"type": t} for t in (zendesk.COMMENT_ADDED, zendesk.MESSAGE_ADDED, zendesk.COMMENT_REDACTED)]
        + [{"kept": "comment"}],
    ),
    "intercom": (
        INTERCOM,
        ["user", "admin", "bot", "comment"],
        [{"topic": t} for t in (*intercom.OPENED, *intercom.REPLIED, *intercom.OPTED, "conversation_part.redacted")],
    ),
    "chatwoot": (
        CHATWOOT,
        ["incoming", "outgoing", "template", "read", 0, 1],
        [
            {"event": e, "id": 1, "message_type": m}
            for e in ("message_created", "message_updated")
            for m in (0, 1, "template")
        ],
    ),
}


@pytest.mark.parametrize("name", sorted(WORDS))
@given(data=st.data())
def test_whatever_they_send(name: str, data: st.DataObject) -> None:
    keys, values, starts = WORDS[name]
    start = data.draw(st.sampled_from([{}, *starts]))
    body = {**data.draw(wild.objects(keys.split(), values)), **start}
    if name == "intercom":
        body["data"] = {"item": data.draw(wild.objects(keys.split(), values))}
    if name == "zendesk":
        body["event"] = data.draw(wild.objects(keys.split(), values))
    for item in wild.parsed(name, json.dumps(body).encode()):
        assert isinstance(item, Contact | Fact | Reach)
