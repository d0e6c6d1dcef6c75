"""Graphs: every shape of definition becomes text, mermaid, dot and a picture in which nothing overlaps."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.graph.lanes import NODE_PLACE, LaneLine, lane_lines
from rochallor_cli.graph.layout import Layout, Link, lay_out
from rochallor_cli.graph.model import Edge, Graph, GraphNode, graph_of, marked, painted
from rochallor_cli.graph.svg import as_svg
from rochallor_cli.graph.texts import as_dot, as_mermaid, as_text
from support.workflows import decision, document, end, gateway, join, service, timer, user_task

LOOP = document(
    service("receive", "check", boundaryEvents=[timer("PT1H", "remind", interrupting=False)]),
    decision("check", {"#ok": "split", "!#ok": "receive", "#self": "check"}),
    gateway("split", ["left", "right"]),
    service("left", "meet"),
    user_task("right", "meet"),
    join("meet", "end"),
    service("remind", "end"),
    end(),
    id_="loop",
)
HOSTILE = document(service("<a>\"'&\\|{}\x1b[31m]]>", "end", name="<script>"), id_="x</title>")

small_graphs = st.integers(1, 9).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from([0.0, 60.0])),
            max_size=16,
        ),
    )
)


def overlaps(layout: Layout) -> list[tuple[int, int]]:
    solid = [(number, box) for number, box in enumerate(layout.boxes) if box.width]
    return [
        (first, second)
        for (first, a), (second, b) in combinations(solid, 2)
        if abs(a.x - b.x) < (a.width + b.width) / 2 - 0.01
        and abs(a.y - b.y) < (a.height + b.height) / 2 - 0.01
    ]


@given(small_graphs)
@settings(max_examples=150, deadline=None)
def test_no_box_and_no_label_lies_on_another_whatever_the_graph(graph):
    count, edges = graph
    layout = lay_out(
        [(100.0, 40.0)] * count, [Link(a, b, width, 18.0 if width else 0.0) for a, b, width in edges]
    )
    assert overlaps(layout) == []
    for (source, target, _), route in zip(edges, layout.routes, strict=True):
        assert (route[0], route[-1]) == (source, target)
    assert all(
        box.x - box.width / 2 >= -0.01 and box.x + box.width / 2 <= layout.width + 0.01
        for box in layout.boxes
    )


def test_the_same_graph_is_laid_out_the_same_every_time():
    assert as_svg(graph_of(LOOP)) == as_svg(graph_of(LOOP))


@pytest.mark.parametrize("flow", [LOOP, HOSTILE, {}, {"steps": None}, {"steps": [1, {}]}], ids=range(5))
def test_a_picture_is_well_formed_and_names_every_step(flow):
    graph = graph_of(flow)
    picture = ElementTree.fromstring(as_svg(graph))
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert len(texts) >= 2 * len(graph.nodes)
    assert not [element for element in picture.iter() if element.tag.endswith("script")]


def test_every_step_and_every_way_is_in_the_text_forms():
    graph = graph_of(LOOP)
    text, mermaid, dot = as_text(graph), as_mermaid(graph), as_dot(graph)
    for node in graph.nodes:
        assert any(line.lstrip("│○ ").split()[:1] == [node.id] for line in text)
    assert any(line.endswith("      #ok → split") for line in text)
    assert any(line.endswith("      after PT1H → remind") for line in text)
    assert len([line for line in mermaid if "-->" in line or "-.->" in line]) == len(graph.edges)
    assert len([line for line in dot if "->" in line]) == len(graph.edges)


def test_branches_fork_and_join_in_the_text():
    flow = document(
        gateway("split", ["left", "right"]),
        service("left", "meet"),
        user_task("right", "again"),
        decision("again", {"#more": "right", "!#more": "meet"}),
        join(),
        id_="picture",
    )
    assert as_text(graph_of(flow)) == [
        "picture",
        "○   split  PARALLEL_GATEWAY",
        "│         → left",
        "├─╮       → right",
        "○ │ left   SERVICE_TASK left",
        "│ │       → meet",
        "│ ○ right  USER_TASK",
        "│ │       → again",
        "│ ○ again  DECISION",
        "│ │       #more ↑ right",
        "├─╯       !#more → meet",
        "○   meet   JOIN_GATEWAY",
        "│         → end",
        "○   end    END",
    ]


def came_by_lanes(lines: list[LaneLine]) -> dict[str, set[str]]:
    """The steps from which the lanes of a picture lead to each step, read off the picture alone."""
    leading: dict[int, set[str]] = {}
    found: dict[str, set[str]] = {}
    source, column = "", 0
    for line in lines:
        if line.node is not None:
            source, column = line.node.id, line.before.index(NODE_PLACE) // 2
            found[source] = leading.pop(column, set())
        elif not line.is_back:
            forks = {number: glyph for number, glyph in enumerate(line.before[::2]) if glyph in "╮╭┤├"}
            forks.pop(column, None)
            other = next(iter(forks), column)
            joins = forks.get(other) in ("┤", "├")
            leading[other] = {source} | (leading.get(other, set()) if joins else set())
    return found


@given(small_graphs)
@settings(max_examples=150, deadline=None)
def test_the_lanes_of_a_text_lead_where_the_ways_lead(graph):
    count, edges = graph
    nodes = tuple(GraphNode(f"n{number}", "WAIT") for number in range(count))
    ways = tuple(Edge(f"n{a}", f"n{b}", "condition", str(number)) for number, (a, b, _) in enumerate(edges))
    lines = lane_lines(Graph("", nodes, ways))
    assert sorted(line.node.id for line in lines if line.node) == sorted(node.id for node in nodes)
    assert sorted(line.edge.label for line in lines if line.edge) == sorted(way.label for way in ways)
    wanted: dict[str, set[str]] = {node.id: set() for node in nodes}
    for line in lines:
        if line.edge and not line.is_back:
            wanted[line.edge.target].add(line.edge.source)
    assert came_by_lanes(lines) == wanted


def test_more_than_a_picture_can_hold_is_a_list():
    heads = [f"b{number}" for number in range(40)]
    flow = document(gateway("split", heads), *(service(head, "meet") for head in heads), join())
    lines = as_text(graph_of(flow))
    assert not {"│", "├"} & set("".join(lines))
    assert any(line.split()[:2] == ["○", "b39"] for line in lines)


def test_what_the_engine_ignores_is_no_way():
    flow = document({**decision("d", {"#x": "end"}), "nextStep": "nowhere"}, id_="ignored")
    assert [edge.target for edge in graph_of(flow).edges] == ["end"]


def test_a_target_that_does_not_exist_is_drawn_as_missing():
    graph = graph_of(document(service("a", "ghost")))
    assert [node.type for node in graph.nodes if node.id == "ghost"] == ["missing"]


def test_mermaid_and_dot_hold_hostile_ids_as_text():
    graph = graph_of(HOSTILE)
    assert not any("<a>" in line or "\x1b" in line for line in as_mermaid(graph))
    assert not any("\x1b" in line for line in as_dot(graph))


def test_an_instances_state_is_painted_as_the_engine_recorded_it():
    executions = [
        {"stepId": "receive", "status": "COMPLETED"},
        {"stepId": "receive", "status": "COMPLETED"},
        {"stepId": "left", "status": "FAILED", "failureReason": "broken"},
        {"stepId": "right", "status": "RUNNING"},
    ]
    waiting = painted(graph_of(LOOP), {"id": "I", "status": "WAITING"}, executions)
    states = {node.id: (node.state, node.entries) for node in waiting.nodes if node.state}
    assert states == {"receive": ("completed", 2), "left": ("failed", 1), "right": ("waiting", 1)}
    ended = painted(graph_of(LOOP), {"id": "I", "status": "FAILED"}, executions)
    assert {node.id: node.state for node in ended.nodes}["right"] == "left"
    assert any("left open" in line for line in as_text(ended))
    assert any("broken" in line for line in as_text(ended))


def svg_texts(graph: Graph) -> list[str]:
    found = ElementTree.fromstring(as_svg(graph)).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()) for element in found]


def test_a_loop_on_itself_keeps_its_label_and_its_room():
    looped = graph_of(
        document(user_task("ask", None, conditionalNextSteps={"again": "ask", "!again": "end"}))
    )
    root = ElementTree.fromstring(as_svg(looped))
    assert any("again" in text for text in svg_texts(looped))
    [ask] = [
        layout_box for layout_box in root.iter("{http://www.w3.org/2000/svg}text") if layout_box.text == "ask"
    ]
    width = float(root.get("width", "0"))
    assert 24 < float(ask.get("x", "0")) < width - 24


def test_interrupting_timers_differ_from_others_in_every_form():
    def drawn(*, interrupting: bool) -> tuple[str, ...]:
        events = [timer("PT1H", "late", interrupting=interrupting)]
        graph = graph_of(document(user_task("ask", boundaryEvents=events), service("late")))
        return (
            "\n".join(as_text(graph)),
            "\n".join(as_mermaid(graph)),
            "\n".join(as_dot(graph)),
            as_svg(graph),
        )

    for one, other in zip(drawn(interrupting=True), drawn(interrupting=False), strict=True):
        assert one != other


def test_long_labels_with_equal_beginnings_are_told_apart():
    start = "customer.address.country == 'Netherlands' && amount > "
    graph = graph_of(document(decision("d", {f"{start}10": "a", f"{start}20": "end"}), service("a")))
    labels = [text for text in svg_texts(graph) if "customer" in text and "…" in text]
    assert len(labels) == 2
    assert any("10" in each.split("…")[1] for each in labels)
    assert any("20" in each.split("…")[1] for each in labels)


def test_what_verification_finds_is_marked_in_every_form():
    graph = marked(graph_of(LOOP), {"check": ["V09 never ends"]})
    for text in (
        "\n".join(as_text(graph)),
        "\n".join(as_mermaid(graph)),
        "\n".join(as_dot(graph)),
        as_svg(graph),
    ):
        assert "V09 never ends" in text


def test_thousands_of_steps_are_drawn_without_going_over_all_of_them_for_each():
    chain = [service(f"s{number}", f"s{number + 1}") for number in range(1_500)]
    graph = graph_of(document(*chain, service("s1500")))
    assert as_svg(graph).count("<g class='node'>") == 1_502
    assert len(as_text(graph)) > 1_500
