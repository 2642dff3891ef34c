"""The objects that feedback's routes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.security import Links


@dataclass(frozen=True, slots=True)
class State:
    links: Links


def _state(request: Request) -> State:
    state = request.app.state.service
    assert isinstance(state, State)
    return state


Made = Annotated[State, Depends(_state)]
