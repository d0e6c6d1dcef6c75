"""A small SVG writer for two panels of lines on logarithmic scales: throughput and latency against load."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.contenders import OURS
from benchmarks.results import Result

WIDTH, HEIGHT = 960, 420
PANEL_WIDTH, PANEL_HEIGHT = 370, 270
TOP = 70
LEFT_PANEL, RIGHT_PANEL = 70, 555
COLOURS = ("#0b6e4f", "#c0392b", "#8e6c3a", "#5b5ea6")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}"
    ".grid{stroke:#ddd}.axis{stroke:#888;fill:none}.line{fill:none;stroke-width:2}"
    ".dashed{stroke-dasharray:5 4}"
)


@dataclass(frozen=True)
class Line:
    """One subject's points (x, y), both above 0; dashed ones have no entry in the legend."""

    name: str
    colour: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True)
class Scale:
    """From a logarithmic range of values to pixels."""

    low: float
    high: float
    first_px: float
    last_px: float

    def px(self, value: float) -> float:
        share = (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return self.first_px + share * (self.last_px - self.first_px)

    def ticks(self) -> Iterator[float]:
        for power in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1):
            for step in (1, 2, 5):
                if self.low <= step * 10**power <= self.high * 1.0001:
                    yield step * 10**power


def scale_for(values: Sequence[float], first_px: float, last_px: float) -> Scale:
    """A scale from the 1-2-5 step at or below the least value to the one at or above the greatest."""
    steps = [step * 10.0**power for power in range(-3, 8) for step in (1, 2, 5)]
    low = max(step for step in steps if step <= min(values))
    high = min(step for step in steps if step >= max(values))
    return Scale(low, high if high > low else low * 10, first_px, last_px)


def write_plot(path: Path, results: Sequence[Result]) -> bool:
    """Draw the load case's results; False when there are none."""
    swept = sorted(
        (each for each in results if each.case == "load"), key=lambda each: each.load["starts_per_s"]
    )
    if not swept:
        return False
    throughput = _lines(swept, "jobs_per_s", dashed=False)
    latency = _lines(swept, "p50_ms", dashed=False) + _lines(swept, "p99_ms", dashed=True)
    body = [
        f'<text class="title" x="{LEFT_PANEL}" y="28">A worker against load, {swept[0].engine} engine</text>',
        *_panel(LEFT_PANEL, "jobs done a second", throughput),
        *_panel(RIGHT_PANEL, "start to completion, ms (solid p50, dashed p99)", latency),
        *_legend(throughput),
    ]
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(body)
        + "\n</svg>\n",
        "utf-8",
    )
    return True


def _lines(swept: Sequence[Result], measure: str, *, dashed: bool) -> list[Line]:
    lines = []
    for number, subject in enumerate(swept[0].subjects()):
        values = [(each.load["starts_per_s"], each.median(subject, measure)) for each in swept]
        points = tuple((x, y) for x, y in values if y is not None and y > 0)
        lines.append(Line(subject, COLOURS[number % len(COLOURS)], points, dashed))
    return [line for line in lines if line.points]


def _panel(left: float, title: str, lines: Sequence[Line]) -> Iterator[str]:
    bottom = TOP + PANEL_HEIGHT
    x_scale = scale_for([x for line in lines for x, _ in line.points], left, left + PANEL_WIDTH)
    y_scale = scale_for([y for line in lines for _, y in line.points], bottom, TOP)
    yield f'<text x="{left}" y="{TOP - 14}">{escape(title)}</text>'
    for tick in x_scale.ticks():
        x = x_scale.px(tick)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>'
    for tick in y_scale.ticks():
        y = y_scale.px(tick)
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + PANEL_WIDTH}" y2="{y:.1f}"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
    yield f'<rect class="axis" x="{left}" y="{TOP}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}"/>'
    middle = left + PANEL_WIDTH / 2
    yield f'<text x="{middle}" y="{bottom + 38}" text-anchor="middle">starts a second</text>'
    # Ours last, so that it lies on top where lines meet.
    for line in sorted(lines, key=lambda each: each.name == OURS):
        yield _polyline(line, x_scale, y_scale)


def _polyline(line: Line, x_scale: Scale, y_scale: Scale) -> str:
    points = " ".join(f"{x_scale.px(x):.1f},{y_scale.px(y):.1f}" for x, y in line.points)
    kind = "line dashed" if line.dashed else "line"
    return f'<polyline class="{kind}" stroke="{line.colour}" points="{points}"/>'


def _legend(lines: Sequence[Line]) -> Iterator[str]:
    y = HEIGHT - 16
    for number, line in enumerate(lines):
        x = LEFT_PANEL + number * 190
        yield f'<line class="line" stroke="{line.colour}" x1="{x}" y1="{y - 4}" x2="{x + 28}" y2="{y - 4}"/>'
        yield f'<text x="{x + 36}" y="{y}">{escape(line.name)}</text>'
