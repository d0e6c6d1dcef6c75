"""Two users of one machine: what one leaves in places that both can write harms the other in nothing."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rochallor_cli.completion.shells import answer
from rochallor_cli.dev_engine.errors import DatabaseFileError
from rochallor_cli.dev_engine.store.database import open_database
from support.command_line import rochallor, variables
from support.engines import running_engine
from support.scripted_server import Answer, stand_in

NOBODY = 65534

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as somebody else"
)


def as_nobody(do: Callable[[], object]) -> None:
    """Do it in a process of another user's; its failure is one here."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            do()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder as /tmp is: everybody may write, nobody may touch what is another's.

    Not in pytest's own place, which each run of pytest on this machine closes to other users.
    """
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        found = Path(folder) / "shared"
        found.mkdir()
        found.chmod(0o1777)
        yield found


def one_instance(method: str, path: str, body: bytes) -> Answer:
    listed = {"id": "01M8F67NFZ001ZM4WAD2XA5AZ1", "definitionId": "theirs", "status": "ACTIVE"}
    return 200, {"items": [{**listed, "version": 1, "name": "n"}], "total": 1}


def completed(url: str, cache: Path) -> list[str]:
    """The ids that a shell is told."""
    told = answer(["zsh", "instances", "get", ""], variables({"XDG_CACHE_HOME": str(cache)}, url=url))
    return [line.partition("\t")[0] for line in told.splitlines()][1:]


def test_a_symlink_of_another_user_is_not_written_through(shared: Path) -> None:
    mine = shared.parent / "bashrc"
    mine.write_text("mine")
    as_nobody(lambda: (shared / "rochallor").symlink_to(shared.parent))
    with stand_in(one_instance) as there:
        assert completed(there.url, shared) == ["01M8F67NFZ001ZM4WAD2XA5AZ1"]
    assert (mine.read_text(), sorted(each.name for each in shared.parent.iterdir())) == (
        "mine",
        ["bashrc", "shared"],
    )


def test_a_cache_folder_of_another_user_is_neither_read_nor_written(shared: Path) -> None:
    def plant() -> None:
        folder = shared / "rochallor"
        folder.mkdir()
        folder.chmod(0o777)

    as_nobody(plant)
    with stand_in(one_instance) as there:
        assert completed(there.url, shared) == completed(there.url, shared) == ["01M8F67NFZ001ZM4WAD2XA5AZ1"]
    assert list((shared / "rochallor").iterdir()) == []


def test_what_another_user_plants_in_a_cache_that_is_open_is_not_read(shared: Path) -> None:
    """A folder of one's own that others may write to: what is in it may be anybody's."""
    private = shared.parent / "private"
    with stand_in(one_instance) as there:
        completed(there.url, private)
        [name] = [each.name for each in (private / "rochallor").iterdir()]
        folder = shared / "rochallor"
        folder.mkdir()
        folder.chmod(0o777)
        as_nobody(lambda: (folder / name).write_text('["evil"]'))
        assert completed(there.url, shared) == ["01M8F67NFZ001ZM4WAD2XA5AZ1"]


def test_the_database_of_an_engine_is_closed_to_others(shared: Path) -> None:
    database = shared / "engine.db"

    def read() -> None:
        for path in shared.glob("engine.db*"):
            try:
                path.read_bytes()
            except PermissionError:
                continue
            raise AssertionError(path)

    with running_engine(db=database):
        assert len(list(shared.glob("engine.db*"))) >= 2
        as_nobody(read)


def test_a_configuration_that_others_can_read_is_made_private_by_the_first_write(shared: Path) -> None:
    config = shared / "config.toml"
    env = {"ROCHALLOR_CONFIG_FILE": str(config)}
    os.umask(0o022)
    assert rochallor("config", "set", "a", "url=http://a", "token=hunter2", env=env).exit_status == 0

    def read() -> None:
        try:
            config.read_text()
        except PermissionError:
            return
        raise AssertionError("readable")

    as_nobody(read)


# --- files that commands write -----------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_a_database_is_not_written_through_what_another_user_has_planted(shared: Path, ending: str) -> None:
    victim = shared.parent / "victim"
    victim.write_text("")
    database = shared / "engine.sqlite"
    as_nobody(lambda: (shared / f"engine.sqlite{ending}").symlink_to(victim))
    with pytest.raises(DatabaseFileError, match="another user"):
        open_database(database)
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("", 0o644)


@pytest.mark.parametrize("ending", ["", "-wal", "-journal"])
def test_nothing_is_kept_in_a_file_of_another_user_where_all_may_write(shared: Path, ending: str) -> None:
    as_nobody(lambda: (shared / f"engine.sqlite{ending}").write_text(""))
    with pytest.raises(DatabaseFileError, match="another user"):
        open_database(shared / "engine.sqlite")


def test_a_database_is_not_kept_in_a_second_name_of_a_file_of_ones_own(shared: Path) -> None:
    (shared / "mine").touch()
    (shared / "engine.sqlite").hardlink_to(shared / "mine")
    with pytest.raises(DatabaseFileError, match="second name"):
        open_database(shared / "engine.sqlite")


def test_a_link_of_ones_own_leads_to_the_database(shared: Path) -> None:
    (shared / "engine.sqlite").symlink_to(shared.parent / "elsewhere.sqlite")
    open_database(shared / "engine.sqlite").close()
    assert (shared.parent / "elsewhere.sqlite").stat().st_mode & 0o777 == 0o600


def test_contexts_are_not_written_through_a_link_of_another_user(shared: Path) -> None:
    victim = shared.parent / "victim"
    victim.write_text("mine")
    as_nobody(lambda: (shared / "config.toml").symlink_to(victim))
    env = {"ROCHALLOR_CONFIG_FILE": str(shared / "config.toml")}
    result = rochallor("config", "set", "prod", "url=http://prod", env=env)
    assert (result.exit_status, victim.read_text()) == (2, "mine")
