"""What httpx brings and the client never uses is not loaded by it; others of the process still have all of httpx."""

from __future__ import annotations

import subprocess
import sys

from support.scripted_server import stand_in

UNUSED = ("certifi", "email.message", "http.client", "http.cookiejar", "urllib.request")
ASKS = f"""
import sys
from workflow_sdk.client.rest import RestEngineClient
with RestEngineClient(sys.argv[1]) as client:
    client.get_definition("one")
    client.get_definition("one")
print([name for name in {UNUSED!r} if name in sys.modules])
"""
# A gateway that sets a cookie, and one that asks for a digest, as handlers may have them.
USES_HTTPX = """
import sys
from workflow_sdk.client import httpx_client
import email, http, urllib.request, httpx
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
print("whole")
"""
BESIDE_A_THREAD = """
import sys, threading
done = threading.Event()
threading.Thread(target=done.wait).start()
from workflow_sdk.client import httpx_client
done.set()
print("urllib.request" in sys.modules)
"""


def output_of(program: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return run.stdout.strip()


def test_a_client_loads_neither_cookies_nor_the_standard_librarys_own_clients() -> None:
    with stand_in(lambda *_: (200, {"id": "one", "version": 1}, {"Set-Cookie": "a=b"})) as there:
        assert output_of(ASKS, there.url) == "[]"


def test_whoever_uses_httpx_besides_has_its_cookies_and_digests() -> None:
    assert output_of(USES_HTTPX) == "whole"


def test_where_another_thread_could_meet_what_is_put_off_nothing_is() -> None:
    assert output_of(BESIDE_A_THREAD) == "True"
