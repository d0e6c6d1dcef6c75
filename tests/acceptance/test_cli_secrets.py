"""A secret planted in each setting there is, in whatever form people give it: it appears in no output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support.certificates import Certificates
from support.command_line import Result, rochallor
from support.command_table import global_valued_options
from support.scripted_server import Answer, stand_in

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
SECRET = "hunter2-Zq9"
AWAY = "127.0.0.1:1"
# What a URL's user information may look like, well written or not.
USERINFO = (
    f"user:{SECRET}", SECRET, f"user:a/{SECRET}#b", f"user:a@{SECRET}", f"user:{SECRET} b", f"user:'{SECRET}\"",
    f"user:1234/{SECRET}", f"user:%41{SECRET}%zz",
)  # fmt: skip
URLS = [
    *(f"http://{userinfo}@{AWAY}" for userinfo in USERINFO),
    f"user:{SECRET}@{AWAY}",
    f"ftp://user:{SECRET}@host",
    f"http://user:{SECRET}@{AWAY}banana",
    f"http://user:{SECRET}@[::1",
    f"http://{AWAY}/?apikey={SECRET}",
    f"http://{AWAY}/#{SECRET}",
]
TOKENS = (SECRET, f"Bearer {SECRET}", f"bearer  {SECRET}", f"{SECRET}\u00e9")
HEADERS = (
    f"X-Key: {SECRET}", SECRET, f"Cookie: session={SECRET}; b=1", f"Authorization: AWS4 {SECRET}", f"X Key {SECRET}: v",
    f"X-Key: {SECRET}\x01",
)  # fmt: skip
COMMANDS = (
    f"false --password {SECRET}", f"false --api-key={SECRET}", f"false -H 'Authorization: Bearer {SECRET}'",
    f"env API_TOKEN={SECRET} false", f"false https://user:{SECRET}@vault", f"false 'unclosed --token {SECRET}",
)  # fmt: skip
PROXIES = (
    *(f"http://{userinfo}@{AWAY}" for userinfo in USERINFO),
    *(
        f"socks9://user:{SECRET}@{AWAY}",
        f"user:{SECRET}@{AWAY}",
        f"http://user:{SECRET}@[::1",
        f"//u:{SECRET}@{AWAY}",
    ),
)
# Files are named as they are: a secret is what they hold.
WITHOUT_SECRETS = {
    "--context", "--token-file", "--ca-file", "--client-cert", "--client-key", "--request-timeout", "--engine-version",
    "--output", "--fields", "--time", "--color",
}  # fmt: skip
OPTIONS: dict[str, tuple[str, ...]] = {
    "--engine-url": tuple(URLS), "--token": TOKENS, "--header": HEADERS, "--token-command": COMMANDS,
}  # fmt: skip
LINES = [
    ("config", "show"), ("config", "show", "-o", "json"), ("instances", "list", "-vv"), ("doctor", "-v"),
    ("work", "-m", "handlers.py", "--print-config"), ("work", "-m", "handlers.py", "--check"),
    ("instances", "start", "one", "-o", "json"),
]  # fmt: skip
HANDLERS = """
from workflow_sdk.handler import HandlerRegistry
handlers = HandlerRegistry()
handlers.register("t", lambda job: None)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "handlers.py").write_text(HANDLERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def repeated_by(result: Result) -> bool:
    """Whether the secret is in the output, which is no bug's report either."""
    shown = result.stdout + result.stderr
    assert "unexpected" not in shown, shown
    return SECRET in shown


def told(
    flags: tuple[str, ...],
    env: dict[str, str],
    *,
    forget: Callable[[], None],
    lines: Sequence[tuple[str, ...]] = LINES,
) -> list[tuple[str, ...]]:
    """The lines whose output holds the secret."""
    found = []
    for line in lines:
        # What one command has met as a secret the next one would not show, wherever it is from.
        forget()
        if repeated_by(rochallor(*line, *flags, env=env, bug_expected=True)):
            found.append(line)
    return found


@pytest.fixture
def forget() -> Callable[[], None]:
    from workflow_sdk.known_secrets import forget_secrets

    return forget_secrets


def test_every_global_option_that_takes_a_value_is_known_here() -> None:
    assert {*global_valued_options()} == {*OPTIONS, *WITHOUT_SECRETS}


@pytest.mark.parametrize(
    ("option", "value"), [(option, value) for option, values in OPTIONS.items() for value in values]
)
def test_a_secret_in_an_option_or_its_variable_appears_nowhere(
    option: str, value: str, folder: Path, forget: Callable[[], None]
) -> None:
    away = {} if option == "--engine-url" else {"ROCHALLOR_ENGINE_URL": f"http://{AWAY}"}
    variable = "ROCHALLOR_" + option.removeprefix("--").upper().replace("-", "_")
    assert told((option, value), away, forget=forget) == []
    for flags, env in (((f"{option}={value}",), away), ((), {**away, variable: value})):
        assert told(flags, env, forget=forget, lines=LINES[:3]) == []


@pytest.mark.parametrize("value", PROXIES)
def test_a_secret_in_the_address_of_a_proxy_appears_nowhere(
    value: str, folder: Path, forget: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Proxies are read from the process's own environment.
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("http_proxy", value)
    assert told((), {"ROCHALLOR_ENGINE_URL": f"http://{AWAY}"}, forget=forget) == []


CONTEXTS = [
    *(f"url = {json.dumps(url)}" for url in URLS),
    *(f'url = "http://{AWAY}"\n{line}' for line in (
        *(f"token = {json.dumps(token)}" for token in TOKENS), f'token = ["{SECRET}"]', f'token = "{SECRET}',
        f"token = {SECRET}", f'token = "{SECRET}"\ntoken = "{SECRET}"', f'headers = {{ X-Key = "{SECRET}" }}',
        f'headers = {{ X-Key = "{SECRET}\\u0007" }}', f'headers = ["X-Key: {SECRET}"]', f'headers = "X-Key: {SECRET}"',
        *(f"token_command = {json.dumps(command)}" for command in COMMANDS),
    )),
]  # fmt: skip


@pytest.mark.parametrize("text", CONTEXTS)
def test_a_secret_in_a_context_appears_nowhere(text: str, folder: Path, forget: Callable[[], None]) -> None:
    (folder / "config.toml").write_text(f'current_context = "a"\n[contexts.a]\n{text}\n')
    env = {"ROCHALLOR_CONFIG_FILE": str(folder / "config.toml")}
    assert told((), env, forget=forget) == []
    assert not repeated_by(rochallor("config", "use", "a", env=env))


WORKERS = [
    *(f"engine: {{url: {json.dumps(url)}}}" for url in URLS),
    *(f"engine: {{token_command: {json.dumps(command)}}}" for command in COMMANDS),
    *(f"engine: {{{text}}}" for text in (
        f"token: {SECRET}", f"token: [{SECRET}]", f"token: {SECRET}, token: {SECRET}", f"tokn: {SECRET}",
        f"headers: {{X-Key: {SECRET}}}", f"headers: [X-Key, {SECRET}]", f"headers: {{X-Key: [{SECRET}]}}",
        f"headers: 'X-Key: {SECRET}'", f"token: '{SECRET}", "headers: {X-Key: '${PLANTED}'}", "token: ${PLANTED",
    )),
    f"engine: http://user:{SECRET}@host",
    f"kafka: {{brokers: 'SASL_SSL://user:{SECRET}@{AWAY}'}}",
    *(f"kafka: {{brokers: '{AWAY}', config: {{{text}}}}}" for text in (
        f"security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.username: u, sasl.password: {SECRET}",
        "security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.username: u, sasl.password: '${PLANTED}'",
        f"sasl.password: [{SECRET}]", f"sasl.passwrd: {SECRET}", f"security.protocol: SSL, ssl.key.password: {SECRET}",
        f"security.protocol: SSL, ssl.key.pem: {SECRET}", f"ssl.keystore.location: x, ssl.keystore.password: {SECRET}",
        f"sasl.mechanism: OAUTHBEARER, sasl.oauthbearer.config: principal={SECRET}",
        f"sasl.oauthbearer.client.secret: {SECRET}", f"sasl.jaas.config: 'password=\"{SECRET}\"'",
    )),
]  # fmt: skip


@pytest.mark.parametrize("text", WORKERS)
def test_a_secret_in_workers_yaml_appears_nowhere(
    text: str, folder: Path, forget: Callable[[], None]
) -> None:
    found = []
    for mode in ("poll", "kafka"):
        (folder / "workers.yaml").write_text(f"{text}\nworkers: [{{modules: [handlers.py], mode: {mode}}}]\n")
        # Asking brokers that are away takes seconds; what is said of them is held by the tests of Kafka.
        checks = [("--check",)] if mode == "poll" else []
        for options in (("--print-config",), ("--print-config", "-o", "json", "-vv"), *checks):
            forget()
            line = ("work", "--config", "workers.yaml", *options)
            if repeated_by(rochallor(*line, env={"PLANTED": SECRET}, bug_expected=True)):
                found.append((mode, options))
    assert found == []


@pytest.mark.parametrize("source", ["file", "command"])
@pytest.mark.parametrize("line", [
    ("instances", "list", "-vv"), ("instances", "start", "one", "-o", "json"), ("defs", "get", "one"), ("doctor",),
    ("defs", "list"), ("instances", "wait", ID), ("instances", "get", ID, "-v"),
], ids=" ".join)  # fmt: skip
def test_a_token_from_elsewhere_that_an_engine_repeats_appears_nowhere(
    line: tuple[str, ...], source: str, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"Bearer-{SECRET}\n")
    reads = {"file": str(tmp_path / "token"), "command": f"cat {tmp_path / 'token'}"}

    def repeats(method: str, path: str, body: bytes) -> Answer:
        return 400, {"error": "bad-request", "reason": f"what is Bearer-{SECRET} to me?"}

    with stand_in(repeats) as there:
        result = rochallor(*line, f"--token-{source}", reads[source], url=there.url)
    assert "what is *** to me?" in result.stdout + result.stderr
    assert SECRET not in result.stdout + result.stderr


def test_nobody_is_asked_for_the_passphrase_of_a_key(certificates: Certificates, tmp_path: Path) -> None:
    key = tmp_path / "encrypted.key"
    words = [
        "openssl",
        "pkey",
        "-in",
        certificates.client_key,
        "-out",
        key,
        "-aes256",
        "-passout",
        f"pass:{SECRET}",
    ]
    subprocess.run(words, check=True, capture_output=True)
    given = ("--client-cert", certificates.client, "--client-key", key)
    result = rochallor("instances", "list", *given, url=f"https://{AWAY}")
    assert (result.exit_status, f"{key} is encrypted" in result.stderr) == (2, True), result.stderr
