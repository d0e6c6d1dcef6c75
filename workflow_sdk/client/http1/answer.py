"""AnswerReader: one answer of HTTP/1.1, out of bytes that come in any pieces."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from workflow_sdk.client.answers import MAX_ANSWER_BYTES, TOO_LONG, RawResponse
from workflow_sdk.client.compression import unpacked

MAX_HEAD_BYTES = 64 * 1024
# An acknowledgement is shorter, and within a second mostly the same as the one before, to the byte.
_SHORT_BYTES = 512


class BadAnswerError(Exception):
    """What came is no answer in HTTP/1.1."""


class CutOffError(ConnectionError):
    """The other side closed the connection before its answer was complete."""


class AnswerReader:
    """Reads the answers of one connection, one after the other: `begin`, `feed` until `is_complete`, `answer`.

    1xx is passed over; 101 is an answer, and the end of the connection. An answer ends with its
    Content-Length, with its last chunk, at once for 204 and 304, and without any of these when the other
    side closes in order (`end_of_input`). Trailers are dropped, a gzip or deflate nobody asked for is undone.
    `heads_only` is for CONNECT, whose answer is a head alone.

    What follows an answer never harms it (a 204 thrown away here would be a second completion), but ends
    the connection, as do `Connection: close` and HTTP/1.0: `may_go_on` says so.

    BadAnswerError: what is no HTTP/1.x, a bare LF, a folded or malformed header, two Content-Lengths,
    Content-Length beside Transfer-Encoding, a status outside 100 to 999, more than 64 kB of headers, a body of
    more than `MAX_ANSWER_BYTES`.
    """

    def __init__(self, *, heads_only: bool = False) -> None:
        self._heads_only = heads_only
        self._parser = HttpResponseParser(self)
        # The last short answer that came whole, in one piece, and after which there may be others.
        self._last_bytes = b""
        self._last_answer = RawResponse(0, {}, b"")
        self.begin()

    def begin(self) -> None:
        """Expect the next answer."""
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._has_head = False
        self._pieces = 0
        self._bytes = b""
        self.is_complete = False
        self.may_go_on = True

    def feed(self, data: bytes | memoryview) -> None:
        """Take in what came. The parser has no bound of its own for headers, so they are counted."""
        self._pieces += 1
        if self._pieces == 1 and len(data) <= _SHORT_BYTES:
            self._bytes = bytes(data)
            if self._bytes == self._last_bytes:
                self.is_complete = True  # the parser stands between two answers, before it as after it
                return
        if not self._has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # After a whole answer the parser complains of what follows it: the answer counts.
            self.may_go_on = False
            if not self.is_complete:
                raise BadAnswerError(f"what answers does not speak HTTP/1.1: {error}") from None
        if self._head_bytes > MAX_HEAD_BYTES and not self.is_complete:
            raise BadAnswerError(f"the answer's headers are longer than {MAX_HEAD_BYTES // 1024} kB")
        if self._body_bytes > MAX_ANSWER_BYTES:
            raise BadAnswerError(TOO_LONG)

    def end_of_input(self) -> None:
        """The other side has closed in order; CutOffError unless that is how this answer ends."""
        if not self._has_head or any(name.lower() in _FRAMING for name, _ in self._headers):
            raise CutOffError("connection closed before the answer")
        self.is_complete = True

    def answer(self) -> RawResponse:
        """The whole answer; BadAnswerError where its compression cannot be undone."""
        if self._bytes and self._bytes == self._last_bytes:
            return self._last_answer
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        try:
            body = unpacked(b"".join(self._body), headers, longest=MAX_ANSWER_BYTES)
        except ValueError as error:
            raise BadAnswerError(str(error)) from None
        if body is None:
            raise BadAnswerError(TOO_LONG)
        answer = RawResponse(self._status, headers, body)
        if self._pieces == 1 and self.may_go_on:
            self._last_bytes, self._last_answer = self._bytes, answer
        return answer

    # --- called by the parser ---

    def on_message_begin(self) -> None:
        self.may_go_on = self.may_go_on and not self.is_complete  # a second answer, that nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self._headers.append((name, value))
        else:
            self._head_bytes += len(name) + len(value)  # a trailer

    def on_headers_complete(self) -> None:
        if self.is_complete:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._headers.clear()
            return
        self._status = status
        self._has_head = True
        self._head_bytes = 0
        # Asked later, the parser would speak of the next message.
        self.may_go_on = self._parser.should_keep_alive()
        self.is_complete = self._heads_only

    def on_body(self, piece: bytes) -> None:
        if not self.is_complete:
            self._body.append(piece)
            self._body_bytes += len(piece)

    def on_message_complete(self) -> None:
        self.is_complete = self._has_head  # it is also called for each 1xx


_FRAMING = (b"content-length", b"transfer-encoding")
