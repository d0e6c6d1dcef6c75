"""The page for the commands that serve one: `ui`, `dev --ui` and `demo --ui`. Light, until one is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rochallor_cli.command_line.context import Context
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.errors import UsageError

if TYPE_CHECKING:
    from rochallor_cli.engine_client.admin_client import AdminClient
    from rochallor_cli.engine_client.engine_version import EngineVersion
    from rochallor_cli.ui.server import UiServer


@contextmanager
def ui_server(
    context: Context,
    engine: AdminClient,
    version: Callable[[], EngineVersion],
    *,
    port: int = 0,
    read_only: bool = False,
) -> Iterator[UiServer]:
    """Serve the pages of an engine while the block runs. Raises UsageError without the extra."""
    require_templates()
    from rochallor_cli.ui.page_engine import PageEngine, why_not_acting
    from rochallor_cli.ui.server import UiServer

    why_not = why_not_acting(engine.settings, read_only=read_only)
    page_engine = PageEngine(engine, context.environment.now, version, why_not)
    with UiServer(page_engine, port=port, tell=_teller(context)) as server:
        yield server


@contextmanager
def ui_server_of_embedded(context: Context, url: str, *, engine_version: str) -> Iterator[UiServer]:
    """Likewise for an engine embedded in this process, of a version that is known."""
    from rochallor_cli.engine_client.admin_client import AdminClient
    from rochallor_cli.engine_client.connect import connect
    from rochallor_cli.engine_client.engine_version import EngineVersion

    settings = Settings(access=EngineAccess(url, where=url))
    version = EngineVersion((engine_version,), "embedded")
    with ExitStack() as stack:
        client = stack.enter_context(connect(settings.access))
        yield stack.enter_context(ui_server(context, AdminClient(client, settings), lambda: version))


def require_templates() -> None:
    """Raise UsageError where the extra is not installed; to be asked before anything is started."""
    from importlib.util import find_spec

    if find_spec("jinja2") is None:
        raise UsageError(
            "the page needs Jinja2, which is not installed",
            hint="pip install jinja2 (the extra `ui` brings it)",
        )


def _teller(context: Context) -> Callable[[Exception], None]:
    """Says what nobody expected, with its traceback for those who asked with -v."""

    def tell(error: Exception) -> None:
        import traceback

        context.printer.warn(f"the page ran into an unexpected {type(error).__name__}: {error}"[:500])
        context.printer.trace("".join(traceback.format_exception(error)))

    return tell
