"""The life of a promise, as pure decisions: (promise, command, now) -> (promise, events).

`rules` says what may be done from where; `telling`, `reviewing`, `changing` and `ending` decide; `model` is what
they decide about.
"""

from services.commitments.promise.core.changing import resume, revise, tell_progress, wait
from services.commitments.promise.core.ending import fall_due, fulfil, void, warn, withdraw
from services.commitments.promise.core.model import (
    FARTHEST,
    OPEN,
    WARN_AT,
    Approval,
    ClockKind,
    Decision,
    Promise,
    Status,
    both,
    clocks,
    facts,
    reset_clocks,
)
from services.commitments.promise.core.reviewing import confirm, review
from services.commitments.promise.core.rules import OURS, RULES, Command, check_due
from services.commitments.promise.core.telling import agree, choose, decline, draft, escalate, state

__all__ = [
    "FARTHEST", "OPEN", "OURS", "RULES", "WARN_AT", "Approval", "ClockKind", "Command", "Decision", "Promise", "Status",
    "agree", "both", "check_due", "choose", "clocks", "confirm", "decline", "draft", "escalate", "facts", "fall_due",
    "fulfil", "reset_clocks", "resume", "review", "revise", "state", "tell_progress", "void", "wait", "warn",
    "withdraw",
]  # fmt: skip
