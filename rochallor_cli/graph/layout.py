"""A layered layout: layers by longest path, few crossings, straight chains. Pure: sizes in, places out.

Steps stand on even layers; the odd ones between them hold the labels of edges and the bends of long ones, so
that no label can lie on anything else.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

_SWEEPS = 12
_GAP_X = 28.0
_GAP_Y = 16.0


@dataclass
class Box:
    """A step, a label, or a bend (no size). x and y are its centre."""

    width: float
    height: float
    layer: int = 0
    x: float = 0.0
    y: float = 0.0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Link:
    """An edge to lay out: two steps, and the size of its label (0 for none)."""

    source: int
    target: int
    label_width: float = 0.0
    label_height: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Boxes, the steps first; per link the boxes it runs through from source to target, and its label's box."""

    boxes: list[Box]
    routes: list[list[int]]
    labels: list[int | None]
    width: float
    height: float


def lay_out(sizes: Sequence[tuple[float, float]], links: Sequence[Link]) -> Layout:
    """Places for boxes of these sizes. A link from a box to itself is not routed: its route is just the box."""
    boxes = [Box(width, height) for width, height in sizes]
    backward = _back_links(len(boxes), links)
    _assign_layers(boxes, links, backward)
    routes: list[list[int]] = []
    labels: list[int | None] = []
    for number, link in enumerate(links):
        route, label = _route(boxes, link, backward=number in backward)
        routes.append(route)
        labels.append(label)
    layers = _ordered_layers(boxes)
    _place_x(boxes, layers)
    height = _place_y(boxes, layers)
    left = min((box.x - box.width / 2 for box in boxes), default=0.0)
    for box in boxes:
        box.x -= left
    width = max((box.x + box.width / 2 for box in boxes), default=0.0)
    return Layout(boxes, routes, labels, width, height)


def _back_links(count: int, links: Sequence[Link]) -> set[int]:
    """The links that close a circle, found depth first from the first box."""
    outgoing: dict[int, list[int]] = {index: [] for index in range(count)}
    for number, link in enumerate(links):
        outgoing[link.source].append(number)
    state = [0] * count
    back: set[int] = set()
    for root in range(count):
        stack = [(root, iter(outgoing[root]))] if state[root] == 0 else []
        state[root] = state[root] or 1
        while stack:
            here, rest = stack[-1]
            number = next(rest, -1)
            if number < 0:
                state[here] = 2
                stack.pop()
                continue
            target = links[number].target
            if state[target] == 1:
                back.add(number)
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(outgoing[target])))
    return back


def _assign_layers(boxes: list[Box], links: Sequence[Link], backward: set[int]) -> None:
    """Longest path from above, each box once its upper neighbours are placed; every second layer is left for labels."""
    below: list[list[int]] = [[] for _ in boxes]
    waits_for = [0] * len(boxes)
    for number, link in enumerate(links):
        if number not in backward and link.source != link.target:
            below[link.source].append(link.target)
            waits_for[link.target] += 1
    placed = [index for index, count in enumerate(waits_for) if count == 0]
    while placed:
        index = placed.pop()
        for target in below[index]:
            boxes[target].layer = max(boxes[target].layer, boxes[index].layer + 2)
            waits_for[target] -= 1
            if waits_for[target] == 0:
                placed.append(target)


def _route(boxes: list[Box], link: Link, *, backward: bool) -> tuple[list[int], int | None]:
    """Put bends (and the label) of a link into the layers it crosses."""
    if link.source == link.target:
        return [link.source], None
    top, bottom = (link.target, link.source) if backward else (link.source, link.target)
    between = range(boxes[top].layer + 1, boxes[bottom].layer)
    label_layer = None
    if link.label_width:
        label_layer = between[-1] if backward else between[0]
    path = [top]
    label: int | None = None
    for layer in between:
        box = Box(0.0, 0.0, layer)
        if layer == label_layer:
            box, label = Box(link.label_width, link.label_height, layer), len(boxes)
        path.append(len(boxes))
        boxes.append(box)
    path.append(bottom)
    for upper, lower in itertools.pairwise(path):
        boxes[upper].below.append(lower)
        boxes[lower].above.append(upper)
    return (path[::-1] if backward else path), label


def _ordered_layers(boxes: list[Box]) -> list[list[int]]:
    """The boxes of each layer from left to right, with as few crossings as sweeping finds."""
    layers: list[list[int]] = [[] for _ in range(max((box.layer for box in boxes), default=0) + 1)]
    for index, box in enumerate(boxes):
        layers[box.layer].append(index)
    best, fewest = [list(layer) for layer in layers], _crossings(boxes, layers)
    position = [0] * len(boxes)
    for layer in layers:
        _note_places(position, layer)
    for sweep in range(_SWEEPS):
        if fewest == 0:
            break
        downward = sweep % 2 == 0
        for layer in layers[1:] if downward else layers[-2::-1]:
            layer.sort(key=lambda index: _middle(boxes[index], position, downward=downward))
            _note_places(position, layer)
        crossings = _crossings(boxes, layers)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    return best


def _note_places(position: list[int], layer: Sequence[int]) -> None:
    for place, index in enumerate(layer):
        position[index] = place


def _middle(box: Box, position: Sequence[int], *, downward: bool) -> float:
    neighbours = box.above if downward else box.below
    if not neighbours:
        return 0.0
    return sum(position[index] for index in neighbours) / len(neighbours)


def _crossings(boxes: list[Box], layers: list[list[int]]) -> int:
    total = 0
    for upper, lower in itertools.pairwise(layers):
        place = {index: number for number, index in enumerate(lower)}
        ends = [
            place[below] for index in upper for below in sorted(boxes[index].below, key=place.__getitem__)
        ]
        seen: list[int] = []
        for end in ends:
            total += len(seen) - bisect_right(seen, end)
            insort(seen, end)
    return total


def _place_x(boxes: list[Box], layers: list[list[int]]) -> None:
    """Each box towards the middle of its neighbours, in its layer's order, never closer than the gap."""
    for layer in layers:
        _spread(boxes, layer, [0.0] * len(layer))
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        for layer in layers if downward else reversed(layers):
            wanted = [_wanted_x(boxes, index, downward=downward) for index in layer]
            _spread(boxes, layer, wanted)


def _wanted_x(boxes: list[Box], index: int, *, downward: bool) -> float:
    box = boxes[index]
    neighbours = (box.above if downward else box.below) or box.above or box.below
    if not neighbours:
        return box.x
    return sum(boxes[other].x for other in neighbours) / len(neighbours)


def _spread(boxes: list[Box], layer: list[int], wanted: list[float]) -> None:
    """The places nearest to the wanted ones that keep order and gaps: blocks that touch share their mean."""
    offsets = [0.0] if layer else []
    for left, right in itertools.pairwise(layer):
        offsets.append(offsets[-1] + boxes[left].width / 2 + _GAP_X + boxes[right].width / 2)
    blocks: list[tuple[float, int]] = []
    for place, offset in zip(wanted, offsets, strict=True):
        mean, count = place - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, size = blocks.pop()
            mean, count = (mean * count + other * size) / (count + size), count + size
        blocks.append((mean, count))
    shifts = [mean for mean, count in blocks for _ in range(count)]
    for index, shift, offset in zip(layer, shifts, offsets, strict=True):
        boxes[index].x = shift + offset


def _place_y(boxes: list[Box], layers: list[list[int]]) -> float:
    y = 0.0
    for number, layer in enumerate(layers):
        height = max((boxes[index].height for index in layer), default=0.0)
        for index in layer:
            boxes[index].y = y + height / 2
            # A bend is as tall as its layer: edges pass the boxes beside them upright.
            boxes[index].height = boxes[index].height or height
        y += height + (_GAP_Y if number < len(layers) - 1 else 0.0)
    return y
