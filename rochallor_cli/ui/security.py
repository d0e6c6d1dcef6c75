"""Who may ask, and what a browser may do with an answer.

The page acts with the user's rights at the engine, so only the browser that was given the first address may use it.
Everything else that can reach a loopback port is refused: other users of the machine, pages of other sites in the same
browser (Origin, Sec-Fetch-Site), names of others that lead to this machine (Host), and pages of other local servers,
with which a browser shares cookies whatever their port (the cookie's name).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import quote

COOKIE_PREFIX = "rochallor-ui"
# No script and no style but those of our own files; nothing is loaded from elsewhere, framed or sent elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# `same-origin` and not `no-referrer`: with that, a form of ours would come with Origin "null".
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
_FROM_HERE = ("same-origin", "none")


class BrowserAccess:
    """One run's secrets: the token of the first address, and the cookie it is exchanged for."""

    def __init__(self, port: int) -> None:
        self._token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._cookie = f"{COOKIE_PREFIX}-{port}-{secrets.token_hex(4)}"
        self.hosts = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
        if port == 80:
            self.hosts += ["127.0.0.1", "localhost"]
        self.url = f"http://127.0.0.1:{port}/"

    def first_address(self, at: str = "/") -> str:
        """The address with the token, which leads to the page at `at`."""
        to = "" if at == "/" else f"&to={quote(at, safe='')}"
        return f"{self.url}?token={self._token}{to}"

    @property
    def set_cookie(self) -> str:
        """The cookie of this run; it ends with the browser."""
        return f"{self._cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict"

    def is_token(self, text: str) -> bool:
        return _equal(text, self._token)

    def refusal(self, method: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str:
        """Why a request is not answered; "" where it is one of the browser that has the cookie."""
        reason = self.refusal_of_place(method, headers)
        if reason:
            return reason
        site = headers.get("Sec-Fetch-Site", "none")
        if site not in _FROM_HERE:
            return "this was asked for by another page; open it by its own address"
        if not _equal(cookies.get(self._cookie, ""), self._session):
            return "this browser has not been let in yet; open the address that the command has printed"
        return ""

    def refusal_of_place(self, method: str, headers: Mapping[str, str]) -> str:
        """Why a request is not answered, whoever it is from: another host's name, another page's origin."""
        host = headers.get("Host", "").lower()
        if host not in self.hosts:
            return f"this server is {' or '.join(self.hosts)}, and nothing else"
        origin = headers.get("Origin")
        if method != "GET" and origin is None:
            return "a request that changes something says which page it comes from (Origin)"
        if origin is not None and origin.lower() != f"http://{host}":
            return "this was asked for by a page of another origin"
        return ""


def _equal(one: str, other: str) -> bool:
    """Compared in a time that tells nothing of the secret."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())


def path_within(target: str) -> str:
    """A path of this server to go on to; `/` for what leads elsewhere."""
    is_path = target.startswith("/") and not target.startswith("//")
    is_plain = target.isascii() and target.isprintable() and not set(target) & set("\\\"'<>")
    return target if is_path and is_plain else "/"
