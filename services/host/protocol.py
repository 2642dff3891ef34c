"""HTTP/1.1 as uvicorn speaks it, with limits before an application sees anything.

What begins a request may be neither long nor slow, and a body that nobody reads any more is let run out for a moment
only: else whoever sends it would hold the connection for as long as they like.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MOST_HEADERS = 200
MOST_HEAD = 64 * 1024
"""Bytes of the request line and headers, as most servers take at most."""
HEAD_SECONDS = 15.0
"""For the first bytes of a connection to become a request, and for every head that has begun."""
LINGER_SECONDS = 2.0
LINGER_BYTES = 1024 * 1024
"""What may still come of a body after the answer: a sender reads its answer when it has sent."""

TOO_LARGE = b"the head of the request is over %d bytes or %d headers" % (MOST_HEAD, MOST_HEADERS)


class LimitedHttp(HttpToolsProtocol):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head = self._said = self._count = self._unread = 0
        self._in_head, self._refused = True, False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_within(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            self._let_run_out(data)
            return
        if self._in_head:
            if self._deadline is None:
                self._expect_within(HEAD_SECONDS)
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > MOST_HEAD:  # the parser keeps a header that does not end
            self._refuse()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._said, self._count = True, 0, 0

    def on_url(self, url: bytes) -> None:
        self._said += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count += 1
        self._said += len(name) + len(value) + 4
        if self._count > MOST_HEADERS or self._said > MOST_HEAD:
            self._refuse()
        else:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._head, self._unread = False, 0, 0
        if not self._refused:
            self._stop_waiting()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        if self.cycle.response_complete:
            self._let_run_out(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        if not self._refused:
            self._stop_waiting()
            super().on_message_complete()

    def on_response_complete(self) -> None:
        # Its body has not ended, and it is not the next request's that is on its way already.
        if not self._in_head and self.cycle.response_complete and not self.transport.is_closing():
            self._expect_within(LINGER_SECONDS)
            self.cycle.body.clear()
        super().on_response_complete()

    def _let_run_out(self, data: bytes) -> None:
        self._unread += len(data)
        if self._unread > LINGER_BYTES:
            self._give_up()

    def _refuse(self) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused, self._unread = True, 0
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[431] + head % len(TOO_LARGE) + TOO_LARGE)
        self.transport.write_eof()
        self._expect_within(LINGER_SECONDS)

    def _expect_within(self, seconds: float) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
