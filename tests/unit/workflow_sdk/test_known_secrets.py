"""Cuts that leave secrets whole."""

from __future__ import annotations

import json

import pytest

from workflow_sdk.known_secrets import beginning, keep_secret, kept_secrets
from workflow_sdk.runner.job.outcome import MAX_MESSAGE, outcome_of_error

SECRETS = ("tok-Zq1", "abcab", 'qu"öte-Zq2')


@pytest.fixture
def known() -> None:
    for secret in SECRETS:
        keep_secret(secret)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "written", [*SECRETS, json.dumps(SECRETS[2]), json.dumps(SECRETS, ensure_ascii=False)]
)
def test_wherever_a_text_is_cut_a_secret_is_in_it_whole_or_not_at_all(written: str) -> None:
    text = f"xx {written} abcabcab yy {written}{written} end"
    for longest in range(len(text) + 2):
        shown = beginning(text, longest)
        assert text.startswith(shown)
        assert len(shown) <= longest
        for secret in kept_secrets():
            begins = [at for at in range(len(text)) if text.startswith(secret, at)]
            assert [at for at in begins if at < len(shown) < at + len(secret)] == []
    assert beginning(text, len(text)) == text


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("before", range(MAX_MESSAGE - 60, MAX_MESSAGE))
def test_a_failures_message_ends_before_a_secret_and_not_within_it(before: int) -> None:
    message = outcome_of_error(ValueError("x" * before + SECRETS[0])).message
    assert len(message) <= MAX_MESSAGE
    assert "tok" not in message.replace(SECRETS[0], "")


def test_text_without_a_secret_is_cut_where_it_is_to_be_cut() -> None:
    assert beginning("x" * 30, 20) == "x" * 20


def test_a_failures_message_holds_no_token_of_its_worker_and_leaves_words_alone() -> None:
    token = "eyJhbGciOi-Zq3-long-enough"
    for secret in (token, f"Bearer {token}", "acme"):
        keep_secret(secret)
    message = outcome_of_error(ValueError(f"acme refused Bearer {token}, {token[:8]}")).message
    assert message == f"ValueError: acme refused ***, {token[:8]}"
