"""Curves, where they tell more than rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pygal

from benchmarks import ROOT

FOLDER = ROOT / "docs/benchmarks"


def curves(name: str, title: str, series: Mapping[str, Sequence[Sequence[Any]]], *, x: str, y: str = "") -> str:
    """Draws points (x, y) of each series, x evenly spaced; returns the name of the SVG."""
    labels = sorted({point[0] for points in series.values() for point in points})
    chart = pygal.Line(title=title, x_title=x, y_title=y, width=800, height=420, js=(), range=None, include_x_axis=True)
    chart.x_labels = [f"{label:,}" for label in labels]
    for words, points in series.items():
        found = {point[0]: point[1] for point in points}
        chart.add(words, [found.get(label) for label in labels])
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.svg").write_bytes(chart.render())
    return f"{name}.svg"
