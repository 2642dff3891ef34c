"""Every sample of the chat providers is read, and gives what it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.intake.channels.items import Contact
from services.intake.channels.provider import Request
from services.intake.channels.registry import providers
from tests.intake.channels.chats import in_short

PAYLOADS = Path(__file__).parents[4] / "shared" / "data" / "webhooks" / "payloads"
MESSAGE = ["message in"]

EXPECTED: Mapping[str, list[str]] = {
    "whatsapp/call_connect_business_initiated": ["call new_call"],
    "whatsapp/call_connect_user_initiated": ["call new_call"],
    "whatsapp/call_status_call_status": ["call new_call"],
    "whatsapp/call_terminate_call_terminate": ["call hangup", "call answer"],
    "whatsapp/callback_button_button": MESSAGE,
    "whatsapp/callback_button_quick_reply": MESSAGE,
    "whatsapp/callback_button_quick_reply_without_context": MESSAGE,
    "whatsapp/callback_selection_callback": MESSAGE,
    "whatsapp/callback_selection_description": MESSAGE,
    "whatsapp/deleted_message_revoke": ["deleted"],
    "whatsapp/edited_message_image": ["edited"],
    "whatsapp/message_animated_sticker": MESSAGE,
    "whatsapp/message_audio": MESSAGE,
    "whatsapp/message_chosen_location": MESSAGE,
    "whatsapp/message_contacts": MESSAGE,
    "whatsapp/message_current_location": MESSAGE,
    "whatsapp/message_document": MESSAGE,
    "whatsapp/message_forwarded": MESSAGE,
    "whatsapp/message_forwarded_many_times": MESSAGE,
    "whatsapp/message_image": MESSAGE,
    "whatsapp/message_interactive_message_with_err": MESSAGE,
    "whatsapp/message_media_with_url": MESSAGE,
    "whatsapp/message_order": MESSAGE,
    "whatsapp/message_reaction": ["reacted"],
    "whatsapp/message_referral": MESSAGE,
    "whatsapp/message_reply": MESSAGE,
    "whatsapp/message_static_sticker": MESSAGE,
    "whatsapp/message_status_delivered": ["delivered"],
    "whatsapp/message_status_failed": ["failed"],
    "whatsapp/message_status_group": ["read"],
    "whatsapp/message_status_played": ["read"],
    "whatsapp/message_status_read": ["read"],
    "whatsapp/message_status_sent": ["sent"],
    "whatsapp/message_status_with_tracker": ["sent"],
    "whatsapp/message_text": MESSAGE,
    "whatsapp/message_unreaction_empty": ["unreacted"],
    "whatsapp/message_unreaction_no_emoji": ["unreacted"],
    "whatsapp/message_unsupported": MESSAGE,
    "whatsapp/message_unsupported_with_type": MESSAGE,
    "whatsapp/message_video": MESSAGE,
    "whatsapp/message_voice": MESSAGE,
    "messenger/message_delivery": ["delivered"],
    "messenger/message_text": MESSAGE,
    "telegram/message_private_text": MESSAGE,
    "telegram/message_text": MESSAGE,
    "line/webhook_all_event_types": [
        *MESSAGE * 6,
        "unblocked",
        "blocked",
        *MESSAGE,
        "note in",  # a linked account
        *MESSAGE * 6,  # two in groups, three buttons, a file
        "deleted",
        "note in",  # a video that was watched
        *MESSAGE * 2,
        "edited",
        "unread",  # of a type that is none
    ],
    "slack/app_uninstalled_body_app_uninstalled_7": [],
    "slack/body_member_left_channel_9": [],
    "slack/join_event_body_member_joined_channel_3": [],
    "slack/join_event_body_member_joined_channel_5": [],
    "slack/left_event_body_member_left_channel_4": [],
    "slack/left_event_body_member_left_channel_6": [],
    "slack/message_file_share_body_message_2": MESSAGE,
    "slack/tokens_revoked_body_tokens_revoked_8": [],
    "slack/valid_event_body_app_mention_0": MESSAGE,
    "slack/valid_reaction_added_body_reaction_added_1": ["reacted"],
    "zalo/user_click_button": MESSAGE,
    "zalo/user_send_text": MESSAGE,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample_gives_what_it_is(name: str) -> None:
    """I1, X5: webhooks in, one shape whoever sends them, with the provider's own time and somebody to answer."""
    path = PAYLOADS / f"{name}.json"
    if not path.exists():
        pytest.skip("the samples are not here")
    items = providers()[name.partition("/")[0]].parse(Request("https://kept.example.com/", {}, path.read_bytes()))
    assert [in_short(item) for item in items] == EXPECTED[name]
    contacts = [item for item in items if isinstance(item, Contact)]
    assert all(contact.address and contact.occurred_at for contact in contacts)


def test_no_sample_is_left_out() -> None:
    if not PAYLOADS.exists():
        pytest.skip("the samples are not here")
    folders = {name.partition("/")[0] for name in EXPECTED}
    found = {f"{path.parent.name}/{path.stem}" for folder in folders for path in (PAYLOADS / folder).glob("*.json")}
    assert found == set(EXPECTED)
