"""Settings: which source wins, where values say they are from, and that credentials stay with their URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from rochallor_cli.configuration.config_file import ConfigFile, load_config, save_config
from rochallor_cli.configuration.layers import resolve
from rochallor_cli.configuration.masking import secrets_in
from rochallor_cli.configuration.settings import GLOBAL_SETTINGS, Settings
from rochallor_cli.errors import UsageError

PROD = {"url": "https://prod.example.com", "token": "prod-token", "headers": {"X-Tenant": "acme"}}


def settled(
    flags: dict | None = None, environ: dict | None = None, *, current: str | None = None, **contexts: dict
) -> Settings:
    config = ConfigFile(Path("config.toml"), current, contexts)
    return resolve(flags or {}, environ or {}, lambda: config)


def test_nothing_said_is_the_default_engine():
    settings = settled()
    assert settings.access.url == "http://localhost:8080"
    assert settings.origins["engine_url"] == "default"


def test_a_flag_beats_the_environment_which_beats_the_context():
    environ = {"ROCHALLOR_ENGINE_URL": "http://env"}
    assert (
        settled({"engine_url": "http://flag"}, environ, current="prod", prod=PROD).access.url == "http://flag"
    )
    from_environment = settled({}, environ, current="prod", prod=PROD)
    assert from_environment.access.url == "http://env"
    assert from_environment.origins["engine_url"] == "ROCHALLOR_ENGINE_URL"
    from_context = settled({}, {}, current="prod", prod=PROD)
    assert (from_context.access.url, from_context.origins["engine_url"]) == (PROD["url"], "context prod")
    assert from_context.where == "https://prod.example.com (context prod)"


def test_a_url_from_a_stronger_source_leaves_weaker_credentials_behind():
    settings = settled({"engine_url": "http://staging"}, {"ROCHALLOR_TOKEN": "t"}, current="prod", prod=PROD)
    assert settings.access.token is None
    assert settings.access.headers == {}
    assert set(settings.dropped) == {"ROCHALLOR_TOKEN", "context prod"}


def test_credentials_of_a_stronger_source_go_with_a_weaker_url():
    settings = settled({"token": "mine"}, {}, current="prod", prod=PROD)
    assert (settings.access.url, settings.access.token) == (PROD["url"], "mine")
    assert settings.access.headers == {"X-Tenant": "acme"}
    assert settings.dropped == ()


def test_a_token_of_any_kind_replaces_weaker_ones_of_every_kind():
    context = {"url": "http://c", "token_command": "pass show c"}
    settings = settled({}, {"ROCHALLOR_TOKEN": "t"}, current="c", c=context)
    assert (settings.access.token, settings.access.token_command) == ("t", None)


def test_two_tokens_from_one_source_are_refused():
    with pytest.raises(UsageError, match="both name a token"):
        settled({"token": "a", "token_file": "b"})


def test_a_context_named_on_the_command_line_beats_variables_left_in_the_shell():
    environ = {"ROCHALLOR_ENGINE_URL": "http://env", "ROCHALLOR_TOKEN": "env-token"}
    settings = settled({"context": "prod"}, environ, prod=PROD)
    assert (settings.access.url, settings.access.token) == (PROD["url"], "prod-token")


def test_an_unknown_context_suggests_the_nearest():
    with pytest.raises(UsageError) as caught:
        settled({"context": "prd"}, prod=PROD)
    assert caught.value.hint == "did you mean prod?"


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ({"output": "jsn"}, "--output: 'jsn' is none of"),
        ({"engine_url": "localhost:8080"}, "--engine-url: 'localhost:8080' is no URL"),
        ({"request_timeout": "soon"}, "--request-timeout: 'soon' is no duration"),
        ({"request_timeout": "0"}, "--request-timeout: a time-out of 0"),
        ({"headers": ["X"]}, "--header: what is given is no header"),
        ({"color": "blue"}, "--color: 'blue' is none of"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_source(flags, text):
    with pytest.raises(UsageError) as caught:
        settled(flags)
    assert caught.value.message.startswith(text)


def test_environment_variables_are_parsed_and_named():
    settings = settled({}, {"ROCHALLOR_REQUEST_TIMEOUT": "2m", "ROCHALLOR_QUIET": "true"})
    assert (settings.access.timeout_s, settings.quiet) == (120.0, True)
    with pytest.raises(UsageError, match="ROCHALLOR_OUTPUT"):
        settled({}, {"ROCHALLOR_OUTPUT": "x"})


def test_the_configuration_file_is_written_as_it_is_read(tmp_path: Path):
    contexts = {"prod": {**PROD, "protected": True}, "a b": {"url": 'http://"q"', "token": "\\ \x7f é"}}
    config = ConfigFile(tmp_path / "deep" / "config.toml", "prod", contexts)
    save_config(config)
    assert load_config(config.path) == config
    assert config.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contexts = 1", "contexts is no table"),
        ("[contexts.a]\nurll = 'x'", "unknown key 'urll'"),
        ("[contexts.a]\nprotected = 'yes'", "protected must be true or false"),
        ("x = 1", "unknown key 'x'"),
        ("x = \n", "line 1"),
    ],
)
def test_a_configuration_file_that_is_wrong_says_where(tmp_path: Path, text: str, said: str):
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_a_missing_configuration_file_holds_nothing(tmp_path: Path):
    assert load_config(tmp_path / "none.toml").contexts == {}


def test_protection_belongs_to_the_contexts_engine_and_to_no_other():
    context = {**PROD, "protected": True}
    assert settled({}, {}, current="prod", prod=context).protected
    elsewhere = settled({}, {"ROCHALLOR_ENGINE_URL": "http://other"}, current="prod", prod=context)
    assert not elsewhere.protected


def test_a_password_in_a_url_is_never_shown():
    settings = settled({"engine_url": "https://me:secret@host:8443/path@x"})
    assert settings.access.url == "https://me:secret@host:8443/path@x"
    assert settings.where == "https://***@host:8443/path@x"
    assert settled({"engine_url": "http://host/a"}).where == "http://host/a"


@pytest.mark.parametrize("name", [name for name, each in GLOBAL_SETTINGS.items() if each.is_secret])
def test_a_secret_is_known_before_settings_are_resolved(name: str) -> None:
    setting = GLOBAL_SETTINGS[name]
    text = "X-Key: s3cr3t-v4lue"
    assert any("s3cr3t-v4lue" in secret for secret in secrets_in([setting.flag, text], {}))
    assert any("s3cr3t-v4lue" in secret for secret in secrets_in([], {setting.variable: text}))
