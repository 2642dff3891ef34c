"""Secrets at rest: encrypted with the first key of ours (Fernet), readable with any, to this installation only."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.settings import ServiceSettings


class Vault:
    def __init__(self, settings: ServiceSettings) -> None:
        self._fernet = MultiFernet([Fernet(urlsafe_b64encode(key)) for key in settings.derive_all("vault")])

    def seal(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypts a secret. Raises ValueError where it was sealed under another KEPT_SECRET_KEY."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ValueError("sealed under another KEPT_SECRET_KEY") from error
