"""RequestReader: the requests of one connection, out of bytes that come in any pieces."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

# The parser has no bound of its own for either.
MAX_HEAD_BYTES = 64 * 1024
# The engine has no limit. Here one process answers everybody, and reads and writes a text of any length in one go.
MAX_BODY_BYTES = 32 * 1024 * 1024

# What anything here depends on; other headers are not kept.
_KNOWN = {
    name.encode(): name
    for name in (
        "host",
        "content-type",
        "content-length",
        "transfer-encoding",
        "origin",
        "access-control-request-method",
        "access-control-request-headers",
    )
}
_LENGTHS = ("content-length", "transfer-encoding")
# With two of them, two readers may see two requests.
_ONLY_ONCE = frozenset({"host", "content-type", *_LENGTHS})


class HttpRequest:
    """A request as it was sent, with those headers that matter here, by their names in lower case.

    is_last: its connection is to be closed with the answer. is_too_long: the body was dropped.
    """

    __slots__ = ("body", "headers", "is_last", "is_too_long", "method", "target", "version")

    def __init__(self) -> None:
        self.method = ""
        self.target = ""
        self.version = "1.1"
        self.headers: dict[str, str] = {}
        self.body = b""
        self.is_last = False
        self.is_too_long = False

    @property
    def has_length(self) -> bool:
        """Whether a Content-Length above 0 was sent."""
        return int(self.headers.get("content-length", 0)) > 0


class RequestReader:
    """Reads the requests of one connection, one after the other.

    A body ends with its Content-Length or its last chunk; trailers are dropped, and so is a wish for another protocol.
    `fault` is why there is nothing more to be read here: what is no HTTP/1.0 or 1.1, a malformed or folded header, two
    lengths, two hosts or in 1.1 none, a head of more than `MAX_HEAD_BYTES`.
    """

    def __init__(self) -> None:
        self._parser = HttpRequestParser(self)
        self._whole: list[HttpRequest] = []
        self._request = HttpRequest()
        self._target = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        # The head of a request is here, its body is not.
        self.is_within_body = False
        self.fault = ""

    def feed(self, data: bytes | memoryview) -> list[HttpRequest]:
        """The requests that are whole with this piece."""
        if self.fault:
            return []
        try:
            self._feed_all(data)
        except HttpParserError as error:
            self.fault = str(error.__context__ or error)
        whole = self._whole
        if whole:
            self._whole = []
            self._head_bytes = 0
        elif not self.is_within_body:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.fault:
                self.fault = f"the head is longer than {MAX_HEAD_BYTES // 1024} kB"
        return whole

    def _feed_all(self, data: bytes | memoryview) -> None:
        while True:
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._go_on_without_upgrade()
            else:
                return

    def _go_on_without_upgrade(self) -> None:
        """Some clients ask for another protocol with each request. The parser takes the body for what is said in it."""
        lengths = [name for name in _LENGTHS if name in self._whole[-1].headers]
        if not lengths:
            return
        request = self._whole.pop()
        framing = "".join([f"{name}: {request.headers[name]}\r\n" for name in lengths])
        self._parser.feed_data(f"POST / HTTP/1.1\r\nHost: here\r\n{framing}\r\n".encode())
        if self.is_within_body:
            self._request = request
        else:
            self._whole[-1] = request

    # --- called by the parser ---

    def on_message_begin(self) -> None:
        self._request = HttpRequest()
        self._target = b""
        self._body.clear()
        self._body_bytes = 0

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.is_within_body:
            return  # a trailer
        known = _KNOWN.get(name.lower())
        if known is None:
            return
        headers = self._request.headers
        if known in headers and known in _ONLY_ONCE:
            raise ValueError(f"there are two headers {known!r}")
        headers.setdefault(known, value.decode("utf-8", "surrogateescape"))

    def on_headers_complete(self) -> None:
        request, parser = self._request, self._parser
        request.version = parser.get_http_version()
        if request.version not in ("1.1", "1.0"):
            raise ValueError(f"HTTP/{request.version} is not spoken here")
        if request.version == "1.1" and "host" not in request.headers:
            raise ValueError("there is no header 'host'")
        request.method = parser.get_method().decode("ascii")
        request.target = self._target.decode("utf-8", "surrogateescape")
        # Asked later, the parser would speak of the next message.
        request.is_last = not parser.should_keep_alive()
        self.is_within_body = True

    def on_body(self, piece: bytes) -> None:
        self._body_bytes += len(piece)
        if self._body_bytes <= MAX_BODY_BYTES:
            self._body.append(piece)
        else:
            self._body.clear()

    def on_message_complete(self) -> None:
        request = self._request
        request.is_too_long = self._body_bytes > MAX_BODY_BYTES
        if self._body:
            request.body = b"".join(self._body)
        self.is_within_body = False
        self._whole.append(request)
