"""Who asks, and what they may: tokens for programs, sessions for staff, signed links for customers."""

from shared.security.access import Principal, require
from shared.security.links import Links
from shared.security.marks import Marks
from shared.security.sessions import Session, Sessions
from shared.security.tokens import Tokens
from shared.security.vault import Vault

__all__ = ["Links", "Marks", "Principal", "Session", "Sessions", "Tokens", "Vault", "require"]
