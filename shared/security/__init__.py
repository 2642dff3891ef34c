"""Access: tokens for programs, sessions for our own people, signed links for customers."""

from shared.security.access import Principal, require
from shared.security.customer_links import CustomerLinks, CustomerPage
from shared.security.links import Links
from shared.security.marks import Marks
from shared.security.sessions import Session, Sessions
from shared.security.tokens import Tokens
from shared.security.vault import Vault

__all__ = [
    "CustomerLinks",
    "CustomerPage",
    "Links",
    "Marks",
    "Principal",
    "Session",
    "Sessions",
    "Tokens",
    "Vault",
    "require",
]
