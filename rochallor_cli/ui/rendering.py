"""Values to HTML. Whatever a page shows has gone through here: masked, made harmless, escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from rochallor_cli.configuration.masking import masked
from rochallor_cli.counting import count_text
from rochallor_cli.durations import duration_text
from rochallor_cli.graph.model import Graph, GraphNode
from rochallor_cli.graph.svg import as_svg
from rochallor_cli.output.text_width import harmless_json, harmless_lines
from rochallor_cli.output.times import parse_time, seconds_between
from rochallor_cli.ui.page_engine import Found, PageEngine
from rochallor_cli.ui.pages.page import UiPage
from rochallor_cli.ui.poller import Part

# Of a longer value the beginning is shown; the whole of it can be had as a file.
LONGEST_SHOWN = 2_000
STATIC = ("ui.css", "ui.js", "icon.svg")


class Renderer:
    """The templates, and what they may use."""

    def __init__(self, page_engine: PageEngine) -> None:
        self._page_engine = page_engine
        self._templates = Environment(
            loader=PackageLoader("rochallor_cli.ui"),
            autoescape=True,
            finalize=self.safe,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            time=self._time,
            took=_took,
            duration=duration_text,
            count=count_text,
            path=path_part,
            json=json_text,
            cut=cut,
            svg=self._svg,
            query=lambda query, **changes: urlencode({**query, **changes}),
        )
        self._templates.globals.update(page_engine=page_engine)

    def warm(self) -> None:
        """Compile the templates, so that the first page need not wait for it."""
        for name in self._templates.list_templates():
            self._templates.get_template(name)

    def parts(self, page: UiPage, found: Found) -> dict[str, Part]:
        """The parts of a page that change while it is looked at."""
        macros: Any = self._templates.get_template(f"parts/{page.template}").module
        values = page.values(found)
        return {name: _part(getattr(macros, name)(values)) for name in page.parts}

    def whole(self, template: str, **values: object) -> str:
        """A whole page."""
        return self._templates.get_template(template).render(**values)

    def safe(self, value: object) -> object:
        """What stands in the place of a value: no secret, nothing that turns text around, nothing beyond UTF-8."""
        if not isinstance(value, str) or isinstance(value, Markup):
            return "" if value is None else value
        text = harmless_lines(masked(value, self._page_engine.settings.secrets))
        return text.encode(errors="backslashreplace").decode()

    def _time(self, raw: object) -> Markup:
        """A moment; the page's script makes its age of it, and keeps that current."""
        moment = parse_time(raw)
        if moment is None:
            return Markup("<span>{}</span>").format(self.safe("" if raw is None else str(raw)))
        # Not the age itself: nothing on a page may change by time alone, or each look would be news.
        whole = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(whole, _plain_time(moment))

    def _svg(self, graph: Graph, anchors: Mapping[str, str]) -> Markup:
        """A graph, each of whose steps leads to its place on the page."""

        def link(node: GraphNode) -> str:
            return f"#{anchors.get(node.id, 'steps')}"

        # `as_svg` escapes what it shows; it writes ASCII.
        return Markup(masked(as_svg(graph, link_of=link), self._page_engine.settings.secrets))  # noqa: S704


def _part(html: str) -> Part:
    html = html.strip()
    return Part(sha256(html.encode()).hexdigest()[:16], html)


def _took(row: Mapping[str, Any]) -> str:
    """How long a step execution or an instance took; "" while it goes on."""
    seconds = seconds_between(row.get("startedAt"), row.get("endedAt") or row.get("completedAt"))
    return "" if seconds is None else duration_text(seconds)


def path_part(text: object) -> str:
    """An id as one part of a path, whatever is in it."""
    return quote(str(text), safe="", errors="replace")


def json_text(value: object) -> str:
    """A value as JSON for people: the same value, without what a reader could be deceived by."""
    return harmless_json(json.dumps(value, ensure_ascii=False, indent=2))


def cut(text: str, length: int = LONGEST_SHOWN) -> str:
    """A text's beginning, with how much there is."""
    if len(text) <= length:
        return text
    return f"{text[:length]}… ({len(text):,} characters in all)"


def static_file(name: str) -> bytes:
    """A file that pages load. KeyError for any other name."""
    if name not in STATIC:
        raise KeyError(name)
    return files("rochallor_cli.ui").joinpath("static", name).read_bytes()


def _plain_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def moment_text(moment: datetime | None) -> str:
    return "" if moment is None else moment.strftime("%H:%M:%S UTC")
