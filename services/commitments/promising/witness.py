"""The evidence of a customer's own act goes into what is told of it."""

from __future__ import annotations

from services.commitments.promise.core import Decision
from shared.contracts.acts import CustomerAct
from shared.contracts.commitments import CommitmentAgreed, CommitmentDeclined, CommitmentFulfilled

_ACTS = (CommitmentAgreed, CommitmentDeclined, CommitmentFulfilled)


def witnessed(decision: Decision, act: CustomerAct) -> Decision:
    promise, said = decision
    return promise, tuple(fact.model_copy(update={"act": act}) if isinstance(fact, _ACTS) else fact for fact in said)
