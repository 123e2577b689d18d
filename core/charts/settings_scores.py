"""Runs as points: one setting against one score, and all settings side by side as parallel axes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.charts.curves import short
from core.charts.style import PALETTE, Chart, axis_title, labels, plain, words_of
from core.formatting import rate
from core.insight.settings_scores import ScoreColumn, SettingColumn
from core.sanitize import distinct

SCATTER_HEIGHT_PX, PARALLEL_HEIGHT_PX = 340, 380  # pixels
MAX_AXES = 9  # parallel ones: more are too narrow for their names
MAX_TITLE_CHARS = 18  # characters of a parallel axis's name: names stand side by side
MAX_WORD_CHARS = 14  # characters of a word on such an axis: it stands before the lines of the axis to the left
TICKS = 5  # on a parallel axis with numbers
SCALE = [[0, "#3C7BD9"], [1, "#D9622B"]]  # of the score: blue to orange, 3:1 on a light and on a dark page


def scatter_chart(setting: SettingColumn, score: ScoreColumn, names: Mapping[str, str],
                  colours: Mapping[str, str]) -> Chart:  # fmt: skip
    """A point a run that has the score; words on the axis of settings where they are no numbers."""
    runs = [run for run in setting.values if run in score.values]
    at: list[Any] = [setting.values[run] for run in runs]
    if not setting.numeric:
        at = labels([str(value) for value in at]) if len(set(at)) == len(at) else _same_labels(at)
    points = {
        "type": "scatter", "mode": "markers", "x": short(at) if setting.numeric else at,
        "y": drawn(score, runs), "text": [words_of(names[run]) for run in runs],
        "marker": {"size": 12, "color": [colours.get(run, PALETTE[0]) for run in runs]},
        "hovertemplate": f"%{{text}}<br>%{{x}}: {score.axis.hover}<extra></extra>",
    }  # fmt: skip
    kind = "log" if setting.log else "linear" if setting.numeric else "category"
    layout = {
        "xaxis": {
            "title": axis_title(words_of(setting.title)),
            "type": kind,
            "automargin": True,
        }
        | ({"dtick": 1, "tickformat": "~g"} if setting.log else {}),  # 0.0001, and not 100μ
        "yaxis": {
            "title": {"text": words_of(score.title), "font": {"size": 12}},
            "tickformat": score.axis.tick,
            "ticksuffix": score.axis.suffix,
            "nticks": 6,
            "automargin": True,
        },
        "height": SCATTER_HEIGHT_PX,
        "margin": {"l": 70, "r": 16, "t": 36, "b": 60},
        "showlegend": False,
    }
    return {"data": [points], "layout": plain() | layout}


def drawn(score: ScoreColumn, runs: Sequence[str]) -> list[float]:
    """Of each run, in the unit of the axis."""
    return short([score.axis.scale * score.values[run] for run in runs])


def _same_labels(values: Sequence[str]) -> list[str]:
    """Labels of words of which some occur more than once."""
    kinds = list(dict.fromkeys(values))
    return [dict(zip(kinds, labels(kinds), strict=True))[value] for value in values]


def parallel_chart(settings: Sequence[SettingColumn], score: ScoreColumn) -> Chart:
    """A line a run over an axis a setting, and the score at the right, which gives the line its colour."""
    runs = [run for run in settings[0].values if run in score.values]
    axes = [_axis(one, runs) for one in settings[: MAX_AXES - 1]]
    scores = drawn(score, runs)
    unit = f" ({score.axis.suffix.strip()})" if score.axis.suffix else ""  # ticks of these axes have no suffix
    axes.append({"label": words_of(score.title + unit), "values": scores, "tickformat": score.axis.tick})
    lines = {
        "type": "parcoords", "dimensions": axes, "labelangle": -20,
        "rangefont": {"color": "rgba(0,0,0,0)"},  # of the ends, with all digits: the ticks say where an axis ends
        "line": {"color": scores, "colorscale": SCALE, "showscale": False},
    }  # fmt: skip
    layout = {"height": PARALLEL_HEIGHT_PX, "margin": {"l": 70, "r": 90, "t": 90, "b": 24}}
    return {"data": [lines], "layout": plain() | layout, "config": {"displayModeBar": False}}


def _axis(setting: SettingColumn, runs: Sequence[str]) -> Chart:
    (title,) = distinct([words_of(setting.title)], MAX_TITLE_CHARS)
    values = [setting.values[run] for run in runs]
    if not setting.numeric:
        kinds = list(dict.fromkeys(map(str, values)))
        return {
            "label": title, "values": [kinds.index(str(value)) for value in values],
            "tickvals": list(range(len(kinds))), "ticktext": labels(distinct(kinds, MAX_WORD_CHARS)),
        }  # fmt: skip
    numbers = np.asarray(values, float)
    places = np.log10(numbers) if setting.log else numbers
    ticks = np.unique(places) if len(set(values)) <= TICKS else np.linspace(places.min(), places.max(), TICKS)
    words = [rate(10**place) if setting.log else f"{place:.4g}" for place in ticks.tolist()]
    return {
        "label": title, "values": short(places.tolist()), "tickvals": short(ticks.tolist()),
        "ticktext": words,
    }  # fmt: skip
