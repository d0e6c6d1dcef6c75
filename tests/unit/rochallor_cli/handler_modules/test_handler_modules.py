"""Finding handlers in files, modules and folders, and saying what is wrong with them."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.handler_modules.loading import load_handlers, place_of

ONE = """
from workflow_sdk.handler.registry import HandlerRegistry
registry = HandlerRegistry()

@registry.handler("{job_type}", parallelism=3)
def handle(job):
    return None
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory; what tests import from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(folder: Path, name: str, text: str = ONE.format(job_type="a")) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_offers_its_registry_whatever_its_name(folder) -> None:
    path = write(
        folder,
        "file_handlers.py",
        ONE.format(job_type="a")
        .replace("registry", "anything")
        .replace("workflow_sdk.handler.anything", "workflow_sdk.handler.registry"),
    )
    loaded = load_handlers(["file_handlers.py"])
    assert loaded.registry.job_types() == ["a"]
    assert loaded.files == (path,)
    assert place_of(loaded.registry.handlers()["a"]) == "file_handlers.py:5 handle"


def test_a_module_is_found_from_the_working_directory(folder) -> None:
    write(folder, "shop/__init__.py", "")
    write(folder, "shop/jobs.py")
    assert load_handlers(["shop.jobs"]).registry.job_types() == ["a"]


def test_a_registry_can_be_named(folder) -> None:
    write(
        folder,
        "two_of_them.py",
        ONE.format(job_type="a") + "\nother = HandlerRegistry()\nother.register('b', handle)\n",
    )
    assert load_handlers(["two_of_them:other"]).registry.job_types() == ["b"]
    assert load_handlers(["two_of_them.py:registry"]).registry.job_types() == ["a"]
    assert load_handlers(["two_of_them"]).registry.job_types() == ["a", "b"]


def test_a_function_named_register_fills_a_registry(folder) -> None:
    write(folder, "by_function.py", "def register(registry):\n    registry.register('a', print)\n")
    assert load_handlers(["by_function.py"]).registry.job_types() == ["a"]


def test_every_file_of_a_folder_is_loaded_and_helpers_may_be_among_them(folder) -> None:
    write(folder, "jobs/first.py", "import helping\n" + ONE.format(job_type="a"))
    write(folder, "jobs/second.py", ONE.format(job_type="b"))
    write(folder, "jobs/helping.py", "x = 1\n")
    assert load_handlers(["jobs/"]).registry.job_types() == ["a", "b"]


def test_relative_imports_work_in_a_file_of_a_package(folder) -> None:
    write(folder, "pack/__init__.py", "")
    write(folder, "pack/inner/__init__.py", "")
    write(folder, "pack/inner/work.py", "from . import more\n" + ONE.format(job_type="a"))
    write(folder, "pack/inner/more.py", "")
    assert load_handlers(["pack/inner/work.py"]).registry.job_types() == ["a"]


def test_merged_registries_keep_limits_and_hooks(folder) -> None:
    write(folder, "limits_one.py", ONE.format(job_type="a") + "\n@registry.on_startup\ndef up(): ...\n")
    write(folder, "limits_two.py", ONE.format(job_type="b") + "\n@registry.on_shutdown\ndef down(): ...\n")
    registry = load_handlers(["limits_one.py", "limits_two.py"]).registry
    assert {name: handler.parallelism for name, handler in registry.handlers().items()} == {"a": 3, "b": 3}
    assert [hook.__name__ for hook in (*registry.startup_hooks(), *registry.shutdown_hooks())] == [
        "up",
        "down",
    ]


def test_one_registry_seen_in_two_modules_counts_once(folder) -> None:
    write(folder, "shared_base.py")
    write(folder, "shared_more.py", "from shared_base import registry\nregistry.register('b', print)\n")
    assert load_handlers(["shared_base.py", "shared_more.py"]).registry.job_types() == ["a", "b"]


def refused(*modules: str) -> InvalidDocumentError:
    with pytest.raises(InvalidDocumentError) as caught:
        load_handlers(modules)
    return caught.value


def test_a_job_type_in_two_modules_is_an_error_that_names_both(folder) -> None:
    write(folder, "twice_one.py")
    write(folder, "twice_two.py")
    assert refused("twice_one.py", "twice_two.py").message == (
        "job type a has two handlers: twice_one.py:5 handle and twice_two.py:5 handle"
    )


def test_a_missing_file_is_named_with_what_is_there(folder) -> None:
    write(folder, "handlers.py")
    error = refused("handler.py")
    assert (error.message, error.hint) == ("no file handler.py", "there is: handlers.py")
    assert refused("nowhere/h.py").hint == "there is no folder nowhere"


def test_a_missing_module_says_where_it_was_looked_for(folder) -> None:
    error = refused("not_there.handlers")
    assert error.message == "no module not_there (looked for not_there.handlers)"
    assert str(folder) in error.hint


@pytest.mark.parametrize("then", ["", "raise RuntimeError('cannot release un-acquired lock')"])
def test_a_gevent_patch_is_refused_whatever_else_it_breaks(folder, monkeypatch, then) -> None:
    """A stand-in for gevent.monkey: the real one would patch these tests."""
    monkey = ModuleType("gevent.monkey")
    monkey.is_module_patched = lambda name: name == "socket"
    monkeypatch.setitem(sys.modules, "gevent.monkey", monkey)
    write(folder, f"patched_{len(then)}.py", then + "\n")
    assert "(gevent: socket)" in refused(f"patched_{len(then)}.py").message


def test_a_failed_import_shows_the_users_frames_only(folder) -> None:
    write(folder, "broken_import.py", "import os\n\nimport requsts\n")
    error = refused("broken_import.py")
    assert error.message == "broken_import.py could not be imported"
    assert error.details == (
        'File "broken_import.py", line 3, in <module>',
        "  import requsts",
        "ModuleNotFoundError: No module named 'requsts'",
    )


def test_a_cause_is_shown_before_what_it_led_to(folder) -> None:
    write(
        folder,
        "chained.py",
        "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('no k') from e\n",
    )
    details = refused("chained.py").details
    assert details.index("KeyError: 'k'") < details.index("which led to:") < details.index("ValueError: no k")


def test_a_syntax_error_names_file_and_line(folder) -> None:
    write(folder, "unfinished.py", "x = 1\ndef f(:\n")
    details = "\n".join(refused("unfinished.py").details)
    assert 'File "unfinished.py", line 2' in details
    assert "SyntaxError" in details
    assert "importlib" not in details


def test_an_exit_at_import_is_said_and_does_not_end_the_host(folder) -> None:
    write(folder, "program.py", "import sys\nsys.exit(7)\n")
    error = refused("program.py")
    assert error.message == "program.py called sys.exit(7) while it was imported"
    assert "__main__" in error.hint


@pytest.mark.parametrize(
    "raised", ["GeneratorExit", "CancelledError", "BaseExceptionGroup('g', [SystemExit()])"]
)
def test_whatever_a_module_raises_at_import_is_its_failure(folder, raised: str) -> None:
    name = f"raising_{raised[:5].lower()}"
    write(folder, f"{name}.py", f"from asyncio import CancelledError\nraise {raised}\n")
    error = refused(f"{name}.py")
    assert error.message == f"{name}.py could not be imported"
    assert raised.partition("(")[0] in "".join(error.details)


def test_a_module_without_handlers_is_an_error(folder) -> None:
    write(folder, "empty_one.py", "x = 1\n")
    write(
        folder,
        "empty_two.py",
        "from workflow_sdk.handler.registry import HandlerRegistry\nr = HandlerRegistry()\n",
    )
    assert refused("empty_one.py").message == "empty_one.py has no handlers"
    assert refused("empty_two.py").message == "empty_two.py has no handlers"


def test_a_registry_that_is_not_there_is_an_error_that_names_those_that_are(folder) -> None:
    write(folder, "named_wrong.py")
    assert refused("named_wrong:registri").hint == "it has: registry"


def test_a_failing_register_function_shows_the_users_traceback(folder) -> None:
    write(folder, "failing_register.py", "def register(registry):\n    registry.register('', print)\n")
    error = refused("failing_register.py")
    assert error.message == "register(registry) of failing_register.py failed"
    assert 'File "failing_register.py", line 2, in register' in error.details


def test_a_file_whose_name_is_taken_is_refused(folder) -> None:
    write(folder, "one/taken_name.py")
    write(folder, "two/taken_name.py", ONE.format(job_type="b"))
    error = refused("one/taken_name.py", "two/taken_name.py")
    assert (
        error.message
        == "two/taken_name.py cannot be imported: the name taken_name is taken by one/taken_name.py"
    )


def test_a_file_named_like_a_library_is_refused_with_a_reason(folder) -> None:
    write(folder, "json.py")
    assert "the name json is taken by" in refused("json.py").message
