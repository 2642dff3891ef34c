"""Who may read and who may write promises: what every route of this service asks first."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from shared.security import Principal, require

MayRead = Annotated[Principal, Depends(require("commitments:read"))]
MayWrite = Annotated[Principal, Depends(require("commitments:write"))]
