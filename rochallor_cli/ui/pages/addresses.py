"""From an address to its page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlencode

from rochallor_cli.errors import NotFoundError
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.pages.definition import DefinitionPage
from rochallor_cli.ui.pages.definitions import DefinitionsPage
from rochallor_cli.ui.pages.difference import DifferencePage
from rochallor_cli.ui.pages.instance import InstancePage
from rochallor_cli.ui.pages.instances import InstancesPage
from rochallor_cli.ui.pages.overview import OverviewPage
from rochallor_cli.ui.pages.page import UiPage

# What only one view of a page is told.
_OF_ONE_VIEW = ("done",)


def page_at(page_engine: PageEngine, address: str) -> UiPage:
    """The page at a path with its query. Raises NotFoundError, and UsageError for a query it does not understand."""
    path, _, query_text = address.partition("?")
    query = {name: value for name, value in query_of(query_text).items() if name not in _OF_ONE_VIEW}
    # Windows that show the same have one address, so that it is read once for all of them.
    address = f"{path}?{urlencode(sorted(query.items()))}" if query else path
    match segments(path):
        case []:
            return OverviewPage(page_engine, address, query)
        case ["instances"]:
            return InstancesPage(page_engine, address, query)
        case ["instances", instance_id]:
            return InstancePage(page_engine, address, instance_id=instance_id, query=query)
        case ["definitions"]:
            return DefinitionsPage(page_engine, address, query)
        case ["definitions", definition_id]:
            return DefinitionPage(page_engine, address, definition_id=definition_id, query=query)
        case ["definitions", definition_id, "changes"]:
            return DifferencePage(page_engine, address, definition_id=definition_id, query=query)
    raise NotFoundError("there is no such page", hint="the links above lead to those there are")


def segments(path: str) -> list[str]:
    """A path's parts, each as it was before it was made one."""
    return [unquote(part) for part in path.strip("/").split("/") if part]


def query_of(text: str) -> Mapping[str, str]:
    """What a query gives; what is left empty in a form is not given."""
    return {name: value.strip() for name, value in parse_qsl(text) if value.strip()}
