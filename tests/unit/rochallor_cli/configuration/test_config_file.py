"""The user's configuration file, as it is saved."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rochallor_cli.configuration.config_file import ConfigFile, load_config, save_config
from rochallor_cli.errors import UsageError

CONTEXTS = {"prod": {"url": "https://engine.example.com", "token": "t"}}


def test_a_link_stays_one_and_its_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    kept, link = tmp_path / "dotfiles" / "rochallor.toml", tmp_path / "config.toml"
    kept.parent.mkdir()
    link.symlink_to(kept)
    save_config(ConfigFile(link, "prod", CONTEXTS))
    assert link.is_symlink()
    assert load_config(link).contexts == CONTEXTS
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_no_device_pipe_or_folder_is_replaced(tmp_path: Path) -> None:
    """As root, /dev/null would be one for the whole machine no more."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for path in (pipe, folder):
        before = path.stat().st_ino
        with pytest.raises(UsageError, match="is no file: contexts cannot be kept there"):
            save_config(ConfigFile(path, None, CONTEXTS))
        assert path.stat().st_ino == before
    assert sorted(tmp_path.iterdir()) == [folder, pipe]
