"""Requests to addresses that strangers name: only to the public internet, never followed elsewhere, never endless."""

from shared.outbound.addresses import Networks
from shared.outbound.client import Answer, Outbound
from shared.outbound.faults import Failed, Forbidden, NotFetched, TooBig

__all__ = ["Answer", "Failed", "Forbidden", "Networks", "NotFetched", "Outbound", "TooBig"]
