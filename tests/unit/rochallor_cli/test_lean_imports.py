"""What httpx brings and a command never uses is not loaded by it; others of the process have all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.scripted_server import stand_in

UNUSED = (
    "anyio",
    "asyncio",
    "certifi",
    "email.message",
    "http.client",
    "http.cookiejar",
    "httpcore._async",
    "idna",
)
UNUSED += ("rich", "ssl", "urllib.request")
ASKS = f"""
import sys
sys.argv[1:] = ["instances", "get", "one", "-o", "json", "--engine-url", sys.argv[1]]
from rochallor_cli.__main__ import main
main()
print([name for name in {UNUSED!r} if name in sys.modules])
"""
# A gateway that sets a cookie, and one that asks for a digest, as handlers may have them.
USES_HTTPX = """
import asyncio, email, http, ssl, sys
from rochallor_cli.lean_imports import import_client
import_client()
import urllib.request, httpx
from http.cookiejar import CookieJar

def answer(request):
    if request.url.path == "/digest" and "Authorization" not in request.headers:
        asked = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
        return httpx.Response(401, headers={"WWW-Authenticate": asked})
    seen = {"cookie": request.headers.get("Cookie", ""), "auth": request.headers.get("Authorization", "")}
    return httpx.Response(200, json=seen, headers={"Set-Cookie": "a=b", "Content-Type": "text/plain; charset=ascii"})

with httpx.Client(transport=httpx.MockTransport(answer)) as client:
    assert client.get("http://h/").json()["cookie"] == ""
    first = client.get("http://h/")
    assert first.json()["cookie"] == "a=b"
    assert first.charset_encoding == "ascii"
    client.cookies.set("c", "d")
    assert client.get("http://h/").json()["cookie"] == "a=b; c=d"
    assert isinstance(client.cookies.jar, CookieJar)
    assert client.get("http://h/digest", auth=httpx.DigestAuth("u", "p")).json()["auth"].startswith("Digest ")
assert callable(urllib.request.urlopen) and issubclass(urllib.request.HTTPHandler, urllib.request.BaseHandler)
assert isinstance(email.message.Message(), email.message.Message)
httpx.Client(trust_env=True).close()

async def ask():
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return (await client.get("http://h/")).json()["cookie"]

assert asyncio.run(ask()) == ""
assert asyncio.run(httpx.AsyncHTTPTransport().aclose()) is None
assert httpx.URL("http://b\u00fccher.example").raw_host == b"xn--bcher-kva.example"
from httpcore import _async, AsyncConnectionPool
assert issubclass(_async.AsyncConnectionPool, AsyncConnectionPool)
assert httpx._config.create_ssl_context().verify_mode is ssl.CERT_REQUIRED
print("whole")
"""
BESIDE_A_THREAD = """
import sys, threading
done = threading.Event()
threading.Thread(target=done.wait).start()
from rochallor_cli.lean_imports import import_client
import_client()
done.set()
print("urllib.request" in sys.modules)
"""
# Of another version, as it were: it takes a number from what is put off, and computes with it at once.
TAKEN_AT_ONCE = """
import sys
from rochallor_cli import lean_imports
sys.path.insert(0, sys.argv[1])
print(lean_imports._import("hasty", ("this_is_put_off",)).TWICE)
"""


def output_of(program: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return run.stdout.strip()


def test_a_client_loads_neither_cookies_nor_the_standard_librarys_own_clients() -> None:
    with stand_in(lambda *_: (200, {"id": "one", "version": 1}, {"Set-Cookie": "a=b"})) as there:
        assert output_of(ASKS, there.url).splitlines()[-1] == "[]"


def test_whoever_uses_httpx_besides_has_its_cookies_and_digests() -> None:
    assert output_of(USES_HTTPX) == "whole"


def test_where_another_thread_could_meet_what_is_put_off_nothing_is() -> None:
    assert output_of(BESIDE_A_THREAD) == "True"


def test_what_cannot_be_put_off_is_imported_as_usual(tmp_path: Path) -> None:
    (tmp_path / "this_is_put_off.py").write_text("NUMBER = 21\n")
    (tmp_path / "hasty.py").write_text("from this_is_put_off import NUMBER\nTWICE = NUMBER + NUMBER\n")
    assert output_of(TAKEN_AT_ONCE, str(tmp_path)) == "42"
