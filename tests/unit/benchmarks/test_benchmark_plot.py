"""The plot is whole SVG, its lines stay in their panels, and load is what was asked for."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks.arrivals import poisson_moments
from benchmarks.plot import HEIGHT, PANEL_HEIGHT, TOP, WIDTH, scale_for, write_plot
from benchmarks.results import Result, Sample

SVG = "{http://www.w3.org/2000/svg}"


def swept(*loads: int) -> list[Result]:
    return [
        Result(
            "load",
            "null",
            f"One step, {load} starts/s",
            samples=[
                Sample(subject, {"jobs_per_s": load * share, "p50_ms": 3 / share, "p99_ms": 900 / share})
                for subject, share in (("ours", 1.0), ("theirs <b>", 0.2))
            ],
            load={"starts_per_s": load},
        )
        for load in loads
    ]


def test_a_plot_holds_a_line_for_each_subject_and_measure_within_the_panels(tmp_path: Path) -> None:
    target = tmp_path / "plot.svg"
    assert write_plot(target, swept(200, 5, 2000))
    drawing = ElementTree.parse(target).getroot()
    lines = drawing.findall(f"{SVG}polyline")
    assert len(lines) == 2 * 3
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert [x for x, _ in points] == sorted(x for x, _ in points)
        assert all(0 < x < WIDTH and TOP <= y <= TOP + PANEL_HEIGHT < HEIGHT for x, y in points)
    assert "theirs <b>" in [text.text for text in drawing.findall(f"{SVG}text")]


def test_without_a_load_case_there_is_nothing_to_plot(tmp_path: Path) -> None:
    assert not write_plot(tmp_path / "plot.svg", [Result("drain", "null", "No-op jobs")])
    assert not (tmp_path / "plot.svg").exists()


@pytest.mark.parametrize("values", [[1.0], [20.0, 500.0], [0.37, 0.41], [999.0, 1001.0]])
def test_a_scale_covers_its_values(values: list[float]) -> None:
    scale = scale_for(values, 0, 100)
    assert all(0 <= scale.px(value) <= 100 for value in values)
    assert len(list(scale.ticks())) >= 2


def test_arrivals_come_at_the_asked_rate_and_alike_for_every_contender() -> None:
    moments = list(poisson_moments(50, 100.0, seed=1))
    assert moments == list(poisson_moments(50, 100.0, seed=1))
    assert moments == sorted(moments)
    assert 4_700 < len(moments) < 5_300
    assert moments[-1] < 100.0
