"""The permissions to read and to write promises, which every route of this service asks for first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.security import Principal, require

MayRead = Annotated[Principal, Depends(require("commitments:read"))]
MayWrite = Annotated[Principal, Depends(require("commitments:write"))]
