"""Settings, contexts, credentials and TLS on the command line; engines that are away, gateways that are odd."""

from __future__ import annotations

import json
import re
import ssl
import sys
from pathlib import Path

import pytest

from support.certificates import Certificates
from support.command_line import rochallor, rochallor_run
from support.gateway import running_gateway
from support.workflows import document, service

AWAY = "http://127.0.0.1:9"


@pytest.fixture
def config(tmp_path: Path) -> dict[str, str]:
    return {"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}


# --- engines that are away, gateways that are odd ---------------------------------------------------


def test_an_engine_that_is_away_is_named_with_what_to_do():
    result = rochallor("instances", "list", url=AWAY)
    assert result.exit_status == 5
    assert result.stderr.splitlines() == [
        f"error: cannot reach {AWAY}: connection refused",
        (
            "hint:  start one with `rochallor dev`, or name yours with --engine-url, ROCHALLOR_ENGINE_URL or "
            "`rochallor config use`"
        ),
    ]


def test_errors_are_one_json_object_for_programs():
    result = rochallor("instances", "list", "-o", "json", url=AWAY)
    assert result.stdout == ""
    error = json.loads(result.stderr)
    assert set(error) == {"error", "hint", "exitStatus"}
    assert error["exitStatus"] == result.exit_status == 5
    usage = rochallor("instances", "lst", "-ojson", url=AWAY)
    assert json.loads(usage.stderr)["exitStatus"] == usage.exit_status == 2


@pytest.mark.parametrize(
    ("status", "body", "exit_status", "said"),
    [
        (502, "<html><title>Bad Gateway</title></html>", 5, "answered 502: Bad Gateway"),
        (404, "<html><title>Nothing here</title></html>", 4, "answered 404: Nothing here"),
        (200, "<html><title>Sign in</title></html>", 5, "no JSON"),
        (302, "", 5, "answered 302"),
        (401, "", 8, "does not know who you are (401)"),
        (403, "", 8, "does not allow this (403)"),
        (503, "", 5, "answered 503"),
        (200, "[]", 5, "where an object was due"),
    ],
)
@pytest.mark.parametrize("command", [("instances", "list"), ("defs", "get", "x"), ("instances", "get", "x")])
def test_what_a_gateway_answers_is_told_from_what_an_engine_says(command, status, body, exit_status, said):
    with running_gateway(status, body) as gateway:
        result = rochallor(*command, url=gateway.url)
    assert result.exit_status == exit_status
    assert said in result.stderr
    assert len(result.stderr.splitlines()) <= 3


def test_a_redirect_to_the_same_route_elsewhere_says_which_url_to_set():
    for location, hint in (
        (
            "https://new.example:8443/engine/v1/instances?page=0",
            "set the URL to https://new.example:8443/engine",
        ),
        ("https://sso.example/login?next=/v1/instances", "is there a gateway"),
    ):
        with running_gateway(308, "", headers={"Location": location}) as gateway:
            result = rochallor("instances", "list", url=gateway.url)
        assert (result.exit_status, hint in result.stderr) == (5, True), result.stderr


def test_a_proxy_that_is_not_there_is_named_with_where_it_comes_from():
    env = {"http_proxy": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""}
    result = rochallor_run("instances", "list", url="http://engine.invalid", env=env)
    assert (result.exit_status, "through the proxy http://127.0.0.1:9" in result.stderr) == (5, True)
    assert "hint:  the environment names that proxy: http_proxy" in result.stderr


def test_a_url_that_is_no_engine_says_so():
    with running_gateway(404, "404 page not found\n", headers={"Content-Type": "text/plain"}) as gateway:
        result = rochallor("defs", "list", url=gateway.url)
    assert result.exit_status == 4
    assert "has no such path (404)" in result.stderr


def test_requests_and_origins_are_shown_to_those_who_ask(engine_url):
    result = rochallor("instances", "list", "-v", url=engine_url)
    assert "engine-url from ROCHALLOR_ENGINE_URL" in result.stderr
    assert f"GET {engine_url}/v1/instances" in result.stderr
    assert " → 200 in " in result.stderr
    assert '"items"' not in result.stderr
    assert '< {"items"' in rochallor("-vv", "instances", "list", url=engine_url).stderr


# --- global options ----------------------------------------------------------------------------------


def test_global_options_work_before_between_and_after_and_the_nearest_wins(engine_url):
    for arguments in (
        ("-o", "json", "instances", "list"),
        ("instances", "-o", "json", "list"),
        ("instances", "list", "-o", "json"),
        ("-o", "name", "instances", "-o", "yaml", "list", "-o", "json"),
    ):
        assert isinstance(rochallor(*arguments, url=engine_url).json(), list)
    assert rochallor("--engine-url", AWAY, "instances", "list", "--engine-url", engine_url).exit_status == 0


def test_a_mistyped_command_or_option_names_the_nearest():
    assert "Did you mean 'instances'?" in rochallor("instnces", "list").stderr
    assert "did you mean --limit?" in rochallor("instances", "list", "--limt", "3").stderr
    missing = rochallor("instances", "get")
    assert (missing.exit_status, "missing argument" in missing.stderr.lower()) == (2, True)


# --- settings and contexts ---------------------------------------------------------------------------


def test_contexts_are_made_used_and_shown_with_secrets_masked(config, engine_url):
    made = rochallor(
        "config", "set", "prod", f"url={engine_url}", "token=geheim", "header=X-Tenant: acme", env=config
    )
    assert "used from now on" in made.stderr
    rochallor("config", "set", "other", f"url={AWAY}", env=config)
    shown = rochallor("config", "show", env=config)
    assert "context prod" in shown.stdout
    assert "geheim" not in shown.stdout + shown.stderr
    assert "acme" not in shown.stdout
    assert rochallor("instances", "list", env=config).exit_status == 0
    rochallor("config", "use", "other", env=config)
    assert rochallor("instances", "list", env=config).exit_status == 5
    assert rochallor("--context", "prod", "instances", "list", env=config).exit_status == 0
    unknown = rochallor("config", "use", "prd", env=config)
    assert (unknown.exit_status, "did you mean prod?" in unknown.stderr) == (2, True)
    rows = rochallor("config", "show", "-o", "json", env=config).json()
    assert {"setting": "engine-url", "value": AWAY, "origin": "context other"} in rows


@pytest.mark.parametrize(
    "pair", ["urll=x", "url=localhost", "protected=maybe", "request-timeout=soon", "novalue"]
)
def test_a_context_is_not_changed_to_what_cannot_be_used(config, pair):
    result = rochallor("config", "set", "prod", "url=http://x", pair, env=config)
    assert result.exit_status == 2
    assert not Path(config["ROCHALLOR_CONFIG_FILE"]).exists()


HANDLERS = """
from workflow_sdk.handler.registry import HandlerRegistry
registry = HandlerRegistry()
registry.register("t", lambda job: None)
"""
UNFIT = ("t\u00f6k-Zq", "tok\x01Zq", "tok\nZq", "tok\udcffZq")


@pytest.mark.parametrize("command", [("instances", "list"), ("doctor",), ("work", "-m", "h.py", "--check")])
@pytest.mark.parametrize("token", UNFIT)
def test_a_token_that_no_header_can_carry_is_an_error_of_its_source(config, tmp_path, command, token):
    (tmp_path / "h.py").write_text(HANDLERS)
    command = [str(tmp_path / "h.py") if word == "h.py" else word for word in command]
    file = tmp_path / "token"
    file.write_bytes(token.encode("utf-8", "surrogateescape"))
    (tmp_path / "workers.yaml").write_text(
        f"engine: {{url: {json.dumps(AWAY)}, token: {json.dumps(token)}}}\n"
    )
    Path(config["ROCHALLOR_CONFIG_FILE"]).write_text(
        f'current_context = "prod"\n[contexts.prod]\nurl = "{AWAY}"\ntoken = {json.dumps(token)}\n'
    )
    said = [
        ("--token: ", rochallor("--token", token, *command, url=AWAY)),
        ("ROCHALLOR_TOKEN: ", rochallor(*command, url=AWAY, env={"ROCHALLOR_TOKEN": token})),
        (f"the token file {file} ", rochallor("--token-file", file, *command, url=AWAY)),
        (f"the output of `cat {file}` ", rochallor("--token-command", f"cat {file}", *command, url=AWAY)),
    ]
    if "\udcff" not in token:
        said.append(("context prod: ", rochallor(*command, env=config)))
    if command[0] == "work" and "\udcff" not in token:
        arguments = (*command, "--config", tmp_path / "workers.yaml")
        said.append((f"{tmp_path / 'workers.yaml'}:1: ", rochallor(*arguments)))
    for source, result in said:
        text = result.stdout + result.stderr
        assert result.exit_status == 2, text
        assert text.count("holds characters that no HTTP header can carry") == 1
        assert source in text
        assert "Zq" not in text


@pytest.mark.parametrize("value", UNFIT[1:])
def test_a_header_that_cannot_be_sent_is_an_error_of_its_source(config, value):
    named = rochallor("instances", "list", "--header", f"X-Key: {value}", url=AWAY)
    assert "error: --header: the value of the header X-Key holds characters" in named.stderr
    Path(config["ROCHALLOR_CONFIG_FILE"]).write_text(
        f'current_context = "prod"\n[contexts.prod]\nurl = "{AWAY}"\nheaders = {{"X-Key" = "a\\u0001b"}}\n'
    )
    stored = rochallor("instances", "list", env=config)
    assert "error: context prod: the value of the header X-Key holds characters" in stored.stderr
    assert named.exit_status == stored.exit_status == 2


def test_a_context_with_a_token_that_cannot_be_sent_can_be_mended(config):
    Path(config["ROCHALLOR_CONFIG_FILE"]).write_text(
        f'current_context = "prod"\n[contexts.prod]\nurl = "{AWAY}"\ntoken = "t\u00f6k"\n'
    )
    assert rochallor("config", "set", "prod", "token=good", env=config).exit_status == 0
    assert rochallor("instances", "list", env=config).exit_status == 5


def test_a_url_on_the_command_line_never_gets_the_contexts_token(config):
    with running_gateway(401) as elsewhere:
        rochallor("config", "set", "prod", "url=http://prod.invalid", "token=prod-token", env=config)
        result = rochallor("instances", "list", "--engine-url", elsewhere.url, env=config)
        assert "authorization" not in elsewhere.requests[0]
        assert "context prod was not sent: it belongs to another URL" in result.stderr
        rochallor("instances", "list", "--engine-url", elsewhere.url, "--token", "mine", env=config)
        assert elsewhere.requests[-1]["authorization"] == "Bearer mine"


def test_a_token_command_is_run_and_headers_are_sent():
    with running_gateway(
        200, '{"items": [], "total": 0}', headers={"Content-Type": "application/json"}
    ) as gateway:
        result = rochallor(
            "defs",
            "list",
            "--token-command",
            "echo from-command",
            "--header",
            "X-Tenant: acme",
            url=gateway.url,
        )
    assert result.exit_status == 0
    assert gateway.requests[0]["authorization"] == "Bearer from-command"
    assert gateway.requests[0]["x-tenant"] == "acme"
    assert gateway.requests[0]["user-agent"].startswith("rochallor-cli/")


def test_a_protected_context_asks_for_its_name(config, client, engine_url):
    client.upload_definition(document(service("s"), id_="protected"))
    instance = client.start_instance("protected")["id"]
    rochallor("config", "set", "prod", f"url={engine_url}", "protected=true", env=config)
    command = ("instances", "cancel", instance)
    assert rochallor(*command, env=config, terminal=True, stdin="y\n").exit_status == 2
    unasked = rochallor(*command, env=config)
    assert (unasked.exit_status, "--yes" in unasked.stderr) == (2, True)
    assert client.get_instance(instance)["status"] == "ACTIVE"
    assert rochallor(*command, env=config, terminal=True, stdin="prod\n").exit_status == 0


@pytest.mark.parametrize(
    "command",
    [
        ("instances", "start", "guarded"),
        ("defs", "upload", "-"),
        ("instances", "signal", "I", "hold"),
        ("tasks", "complete", "I", "ask"),
        ("jobs", "complete", "J"),
        ("jobs", "fail", "J"),
        ("api", "POST", "/v1/definitions", "--data", "{}"),
        ("instances", "cancel", "I"),
        ("instances", "retry", "I"),
        ("instances", "restart", "I"),
    ],
    ids=" ".join,
)
def test_a_protected_context_asks_before_whatever_changes_something(config, engine, command):
    rochallor("config", "set", "prod", f"url={engine.url}", "protected=true", env=config)
    text = json.dumps(document(service("s"), id_="guarded"))
    unasked = rochallor(*command, env=config, stdin=text)
    assert (unasked.exit_status, "--yes" in unasked.stderr) == (2, True)
    wrong = rochallor(*command, env=config, terminal=True, stdin="y\n" if "-" not in command else text)
    assert (wrong.exit_status, "nothing was changed" in wrong.stderr) == (2, True)
    assert rochallor("defs", "get", "guarded", env=config).exit_status == 6
    said = rochallor(*command, "--yes", env=config, stdin=text)
    assert "Nobody can be asked" not in said.stderr


# --- TLS -----------------------------------------------------------------------------------------------


def test_a_private_authority_is_trusted_when_named(certificates: Certificates):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    body = '{"items": [], "total": 0}'
    with running_gateway(200, body, headers={"Content-Type": "application/json"}, tls=tls) as gateway:
        distrusted = rochallor("defs", "list", url=gateway.url)
        trusted = rochallor("defs", "list", "--ca-file", certificates.ca, url=gateway.url)
    assert (distrusted.exit_status, "--ca-file" in distrusted.stderr) == (5, True)
    assert trusted.exit_status == 0


def test_a_client_certificate_is_presented(certificates: Certificates):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    tls.load_verify_locations(certificates.ca)
    tls.verify_mode = ssl.CERT_REQUIRED
    own = ("--client-cert", certificates.client, "--client-key", certificates.client_key)
    body = '{"items": [], "total": 0}'
    with running_gateway(200, body, headers={"Content-Type": "application/json"}, tls=tls) as gateway:
        trusted = ("--ca-file", certificates.ca)
        assert rochallor("defs", "list", *trusted, url=gateway.url).exit_status == 5
        assert rochallor("defs", "list", *trusted, *own, url=gateway.url).exit_status == 0


def test_files_that_are_not_there_are_named():
    result = rochallor("defs", "list", "--ca-file", "none.pem", url="https://127.0.0.1:9")
    assert result.exit_status == 2
    assert "none.pem" in result.stderr


# --- the rest --------------------------------------------------------------------------------------------


def test_doctor_fits_the_terminal_and_cuts_nothing(engine_url):
    text = plain(rochallor("doctor", url=engine_url, terminal=True, columns=60).stdout)
    assert max(map(len, text.splitlines())) <= 60
    assert sys.executable in "".join(text.split())
    assert "" not in text.splitlines()


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_doctor_says_what_is_well_and_what_is_not(engine_url):
    well = rochallor("doctor", "-o", "json", url=engine_url)
    assert {row["check"]: row["result"] for row in well.json()}["engine"] == "ok"
    away = rochallor("doctor", url=AWAY)
    assert away.exit_status == 5
    assert "connection refused" in away.stdout


def test_api_sends_any_request_and_speaks_by_exit_status(engine_url, tmp_path: Path):
    (tmp_path / "f.yaml").write_text("id: via-api\nname: A\nsteps: [{id: e, name: E, type: END}]\n")
    sent = rochallor("api", "POST", "/v1/definitions", "--data", f"@{tmp_path / 'f.yaml'}", url=engine_url)
    assert sent.json()["id"] == "via-api"
    got = rochallor("api", "GET", "/v1/definitions?keyword=via-api", "--include", url=engine_url)
    assert got.stdout.startswith("200\n")
    missing = rochallor("api", "get", "v1/instances/x", url=engine_url)
    assert (missing.exit_status, missing.json()["error"]) == (6, "not-found")
    assert rochallor("api", "FETCH", "/", url=engine_url).exit_status == 2
    assert rochallor("api", "POST", "/v1/definitions", "--data", "{", url=engine_url).exit_status == 3


def test_one_handler_is_tried_without_an_engine(tmp_path: Path):
    module = ("--module", "examples/loan/handlers.py")
    done = rochallor("handlers", "run", "credit-score", *module, "--var", "applicantId=A-001")
    assert (done.json()["outcome"], done.json()["variables"]) == ("completed", {"creditScore": 720})
    (tmp_path / "job.json").write_text('{"id": "J", "variables": {"applicantId": ""}}')
    failed = rochallor("handlers", "run", "validate-application", *module, "--job", tmp_path / "job.json")
    assert (failed.exit_status, failed.json()["outcome"], failed.json()["retryable"]) == (9, "failed", False)
    unknown = rochallor("handlers", "run", "credit-scor", *module)
    assert (unknown.exit_status, "did you mean credit-score?" in unknown.stderr) == (6, True)


def test_a_handlers_print_does_not_spoil_the_outcome(tmp_path: Path):
    (tmp_path / "h.py").write_text(
        "from workflow_sdk.handler.registry import HandlerRegistry\nregistry = HandlerRegistry()\n"
        "print('imported')\n"
        "@registry.handler('noisy')\ndef noisy(job):\n    print('running')\n    return {'ok': True}\n"
    )
    result = rochallor_run("handlers", "run", "noisy", "--module", tmp_path / "h.py")
    assert result.json()["variables"] == {"ok": True}
    assert "imported" in result.stderr
    assert "running" in result.stderr
