"""Kinds of Slack messages: those that somebody wrote, and notices about a channel, a team or an app.

Source: docs.slack.dev, "Events API: event types" and "message event: subtypes".
"""

from __future__ import annotations

from typing import Final

from services.intake.channels.reading import kinds

WRITTEN: Final = (
    *(None, "file_share", "thread_broadcast", "me_message", "bot_message"),
    *("file_comment", "file_mention", "document_mention", "lists_record_comment", "slackbot_response"),
)
"""The subtypes of messages that somebody wrote; None: the usual one."""

ABOUT_THE_CHANNEL: Final = kinds(
    "assistant_app_thread bot_add bot_disable bot_enable bot_remove channel_archive channel_canvas_updated",
    "channel_convert_to_private channel_convert_to_public channel_join channel_leave channel_name",
    "channel_posting_permissions channel_purpose channel_topic channel_unarchive ekm_access_denied group_archive",
    "group_join group_leave group_name group_purpose group_topic group_unarchive huddle_thread joiner_notification",
    "joiner_notification_for_inviter message_replied pinned_item reminder_add reminder_delete reply_broadcast",
    "sh_room_created sh_room_shared tombstone unpinned_item",
)
"""Subtypes of messages that Slack writes itself; `message_replied` and `reply_broadcast` tell of another one again."""

ABOUT_THE_TEAM: Final = kinds(
    "app_deleted app_home_opened app_installed app_rate_limited app_requested app_uninstalled app_uninstalled_team",
    "assistant_thread_context_changed assistant_thread_started call_rejected channel_archive channel_created",
    "channel_deleted channel_history_changed channel_id_changed channel_left channel_rename channel_shared",
    "channel_unarchive channel_unshared dnd_updated dnd_updated_user email_domain_changed emoji_changed",
    "entity_details_requested external_org_migration_finished external_org_migration_started file_change",
    "file_comment_added file_comment_deleted file_comment_edited file_created file_deleted file_public file_shared",
    "file_unshared function_executed grid_migration_finished grid_migration_started group_archive group_close",
    "group_deleted group_history_changed group_left group_open group_rename group_unarchive im_close im_created",
    "im_history_changed im_open invite_requested link_shared member_joined_channel member_left_channel",
    "message_metadata_deleted message_metadata_posted message_metadata_updated pin_added pin_removed",
    "resources_added resources_removed scope_denied scope_granted shared_channel_invite_accepted",
    "shared_channel_invite_approved shared_channel_invite_declined shared_channel_invite_received",
    "shared_channel_invite_requested star_added star_removed subteam_created subteam_members_changed",
    "subteam_self_added subteam_self_removed subteam_updated team_access_granted team_access_revoked",
    "team_domain_change team_join team_rename tokens_revoked user_change user_huddle_changed user_profile_changed",
    "user_resource_denied user_resource_granted user_resource_removed user_status_changed workflow_deleted",
    "workflow_published workflow_step_deleted workflow_step_execute workflow_unpublished",
)
"""Events whose message, where there is one, comes as a message too (a file, a link), or in which nobody spoke."""
