# SPDX-License-Identifier: Apache-2.0
"""Pictures of results with matplotlib, in the manner of the engine's own: K on a logarithmic axis, percent, lines named where
they end."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens._extras import needed
from eigenlens.curves import Curve, Curves
from eigenlens.errors import UsageError
from eigenlens.findings import Advice, Bands, Encoders, Frontier, Impact, Learning
from eigenlens.results import Floats, Result

__all__ = ["draw", "draw_gains"]

# Okabe and Ito: told apart by colour-blind readers too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d00", "#666666")
_MOST_NAMED = 8
_LEAST_ROOM = 0.012  # of the height, between a line that is named and the next
_STRENGTH = re.compile(r"(ratio|sigma|count|scale|lambda)=([^,]+)")
_K_LABEL = "K, learned features"


def draw(result: Result, ax: Any = None) -> Any:
    """The picture of a result's kind; see `Result.plot`."""
    painters: dict[type[Result], Callable[[Any, Any], None]] = {
        Curves: _curves,
        Impact: _impact,
        Frontier: _frontier,
        Advice: _advice,
        Learning: _learning,
        Bands: _bands,
        Encoders: _encoders,
    }
    ax = _axes(ax)
    painters[type(result)](result, ax)
    return ax


def draw_gains(curves: Curves, ax: Any = None) -> Any:
    """What each pretext gains over no noise, in percent of its alignment, as in the paper's figure 7.

    Parameters
    ----------
    curves : Curves
        With a curve without noise among them: ``reconstruct``, or a ratio of 0.

    Examples
    --------
    >>> import numpy as np, eigenlens
    >>> from eigenlens import plots
    >>> x = np.random.default_rng(0).normal(size=(200, 6)) * [6, 5, 4, 3, 2, 1]
    >>> curves = eigenlens.sweep((x, (x[:, 5] > 0).astype(int)), [eigenlens.Dropout([0, 0.5, 0.9])])
    >>> plots.draw_gains(curves).get_ylabel()
    'gain over no noise (%)'
    """
    plain = next((curve for curve in curves if is_plain(curve)), None)
    if plain is None:
        raise UsageError("a gain is over no noise: sweep 'reconstruct' too")
    ax = _axes(ax)
    ax.axhline(0, color="#444444", linestyle="--", linewidth=1.2)
    others = [curve for curve in curves if curve is not plain]
    k = curves.k
    base = plain.alignment[np.searchsorted(plain.k, k)]
    lines = []
    for curve, colour in zip(others, _colours([curve.spec for curve in others])):
        gain = 100 * (curve.alignment[np.searchsorted(curve.k, k)] / base - 1)
        ax.plot(k, gain, color=colour, linewidth=1.4, label=_label(curve.spec))
        lines.append((curve.spec, colour, k, gain))
    _strengths_on_lines(ax, lines)
    _k_axis(ax, int(k[-1]))
    ax.set_ylabel("gain over no noise (%)")
    _legend(ax, len(others))
    return ax


def is_plain(curve: Curve) -> bool:
    """Whether it is of no noise, or of noise of strength zero."""
    pretext = curve.pretext
    return pretext["kind"] == "reconstruct" or (
        pretext["kind"] in ("mask", "dropout", "gaussian") and pretext.get("ratio", pretext.get("sigma")) == 0
    )


def _label(spec: str) -> str:
    """The specification with three digits of every number."""
    return re.sub(r"\d+\.\d{4,}", lambda number: f"{float(number[0]):.3g}", spec)


def _axes(ax: Any) -> Any:
    if ax is None:
        pyplot = needed("matplotlib.pyplot", "plot", "plot()")
        _, ax = pyplot.subplots(figsize=(8.2, 5.2), layout="constrained")
    elif not hasattr(ax, "annotate"):
        raise UsageError(f"ax={ax!r} is no Axes of matplotlib; to write a file: plot(path='curves.png')")
    ax.grid(True, color="#e4e4e4", linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _strength(spec: str) -> str:
    """The number by which members of a family differ; empty of what has none."""
    found = re.search(_STRENGTH, spec)
    return found[2] if found else ""


def _colours(specs: list[str]) -> list[Any]:
    """A hue a family (kind, patch, all but the strength), and in it from light for the weakest to dark for the strongest."""
    families: dict[str, list[int]] = {}
    for number, spec in enumerate(specs):
        families.setdefault(re.sub(_STRENGTH, "", spec), []).append(number)
    colours: list[Any] = [None] * len(specs)
    for place, members in enumerate(families.values()):
        hue = np.array([int(COLOURS[place % len(COLOURS)][i : i + 2], 16) / 255 for i in (1, 3, 5)])
        members.sort(key=lambda number: float(_strength(specs[number]) or 0))
        shades = np.linspace(0.6, -0.55, len(members)) if len(members) > 1 else [0.0]
        for number, shade in zip(members, shades):
            towards = 1.0 if shade > 0 else 0.0
            colours[number] = tuple(hue + abs(shade) * (towards - hue))
    return colours


def _strengths_on_lines(ax: Any, lines: list[tuple[str, Any, npt.NDArray[Any], Floats]]) -> None:
    """(specification, colour, K, value): the strength beside each line, where others and their labels are furthest away;
    none where the lines lie on each other everywhere."""
    if len(lines) < 2:
        return
    low, high = ax.get_ylim()
    grid = np.geomspace(1, max(float(k[-1]) for _, _, k, _ in lines), 60)[6:-6]
    across = np.linspace(0, 1, len(grid))
    heights = np.array([(np.interp(grid, k, values) - low) / (high - low) for _, _, k, values in lines])
    placed: list[tuple[float, float]] = []
    families = [re.sub(_STRENGTH, "", spec) for spec, _, _, _ in lines]
    for number, (spec, colour, _, _) in enumerate(lines):
        text = _strength(_label(spec))
        if not text or families.count(families[number]) < 2:
            continue
        room = np.abs(np.delete(heights, number, axis=0) - heights[number]).min(axis=0)
        for x, y in placed:
            room = np.minimum(room, np.hypot(across - x, heights[number] - y))
        best = int(np.argmax(room))
        if room[best] < _LEAST_ROOM:
            continue
        placed.append((float(across[best]), float(heights[number][best])))
        ax.annotate(
            text, (grid[best], low + (high - low) * heights[number][best]), color=colour, ha="center", va="center",
            fontsize="x-small", zorder=4, bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "linewidth": 0},
        )


def _k_axis(ax: Any, last: int) -> None:
    ax.set_xscale("log")
    ax.set_xlim(1, max(last, 2))
    ticks = [10**power for power in range(0, 10) if 10**power < 0.63 * last] + [last]
    ax.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    ax.set_xlabel(f"{_K_LABEL} (log scale)")


def _legend(ax: Any, lines: int) -> None:
    if lines:
        ax.legend(frameon=False, fontsize="small" if lines <= _MOST_NAMED else "x-small", ncols=1 + lines // 16)


def _named_at_end(ax: Any, names: list[tuple[float, float, str, Any]]) -> bool:
    """Names beside the ends of lines; in a legend, and false, where they would lie on each other."""
    low, high = ax.get_ylim()
    heights = sorted(y for _, y, _, _ in names)
    apart = all(b - a > 0.05 * (high - low) for a, b in zip(heights, heights[1:]))
    if not apart or len(names) > _MOST_NAMED:
        _legend(ax, len(names))
        return False
    for x, y, name, colour in names:
        ax.annotate(name, (x, y), (6, 0), textcoords="offset points", color=colour, va="center", fontsize="small")
    return True


def _title(ax: Any, result: Result, text: str) -> None:
    facts = result.dataset
    name = facts["name"] or "samples"
    ax.set_title(f"{name}: N = {facts['n']:,}, D = {facts['d']:,}\n{text}", fontsize="medium")


def _curves(result: Curves, ax: Any) -> None:
    tested = "probe" in result.document
    noisy = [curve.spec for curve in result if not is_plain(curve)]
    shades = dict(zip(noisy, _colours(noisy)))
    ends, lines = [], []
    for curve in result:
        values: Floats = 100 * (curve.accuracy if tested else curve.alignment)
        plain = is_plain(curve)
        colour = "#000000" if plain else shades[curve.spec]
        dots = "o" if len(curve.k) <= 40 else None
        name = "no noise (plain reconstruction)" if plain else _label(curve.spec)
        ax.plot(
            curve.k, values, color=colour, linewidth=2.2 if plain else 1.5, marker=dots, markersize=3, label=name,
            zorder=3 if plain else 2,
        )
        ends.append((float(curve.k[-1]), float(values[-1]), name, colour))
        lines.append((curve.spec if not plain else "", colour, curve.k, values))
    _k_axis(ax, int(max(curve.k[-1] for curve in result)))
    if tested:
        ax.set_ylabel("accuracy on the test samples (%)")
        _title(ax, result, "test accuracy of a linear classifier on K learned features")
    else:
        ax.set_ylim(0, 102)
        ax.set_ylabel("alignment (%)")
        _title(ax, result, "of what a linear classifier reads from the whole input, the share in K features")
    if not _named_at_end(ax, ends):
        _strengths_on_lines(ax, lines)


def _impact(result: Impact, ax: Any) -> None:
    angles = bool(len(result.k))
    k = result.k if angles else np.arange(1, result.coupling.shape[1] + 1)
    lines = list(result.specs)
    for spec, colour, values in zip(lines, _colours(lines), result.max_sin if angles else result.coupling):
        ax.plot(k, 100 * values, color=colour, marker="o" if angles else None, markersize=3, label=_label(spec))
    _k_axis(ax, int(k[-1]))
    ax.set_ylabel("largest change of alignment (points)" if angles else "coupling (%)")
    if angles:
        ax.set_ylim(0, 105)
    _title(ax, result, "the most that the noise can change the alignment of K features with any task")
    _legend(ax, len(lines))


def _frontier(result: Frontier, ax: Any) -> None:
    places = np.unique(np.geomspace(1, len(result.k), 6).round().astype(int)) - 1
    supervised, reconstruction = result.supervised_share, result.reconstruction_share
    lines = list(places)
    for number, place in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        ax.plot(
            100 * reconstruction[:, place], 100 * supervised[:, place], color=colour, marker="o", markersize=2.5,
            label=f"K = {result.k[place]}",
        )
    ax.set_xlabel("loss of reconstruction (% of the inputs' energy)")
    ax.set_ylabel("loss of the classifier (% of the targets' energy)")
    _title(ax, result, "classes against reconstruction: a point a weight λ")
    _legend(ax, len(lines))


def _advice(result: Advice, ax: Any) -> None:
    ranked = result.ranked
    place = result.document["shown_k"].index(result.k)
    by_labels = result.document["basis"] == "labels"
    values = [row["gain"][place] if by_labels else row.get("max_sin", 0.0) for row in ranked]
    half = result.document.get("jackknife", {}).get("student", 0.0)
    errors = [half * row["gain_se"][place] if "gain_se" in row else 0.0 for row in ranked]
    height = np.arange(len(ranked))[::-1]
    ax.barh(height, 100 * np.array(values), xerr=100 * np.array(errors), color=COLOURS[0], ecolor="#444444", height=0.6)
    ax.axvline(0, color="#444444", linewidth=1)
    ax.set_yticks(height, [_label(row["pretext"]["spec"]) for row in ranked])
    ax.set_xlabel(f"gain over no noise at K = {result.k} (points)" if by_labels else f"largest impact at K = {result.k} (points)")
    _title(ax, result, "which noise to train with")


def _learning(result: Learning, ax: Any) -> None:
    for values, name, colour in ((result.input, "inputs", COLOURS[0]), (result.target, "classes", COLOURS[1])):
        ax.plot(result.time, 100 * values, color=colour, linewidth=2, label=name)
    ax.set_xscale("log")
    ax.set_ylim(0, 102)
    ax.set_xlabel("training time, of which the first direction takes 1 (log scale)")
    ax.set_ylabel("learned (%)")
    _title(ax, result, "what a linear autoencoder has learned of inputs and of classes")
    _legend(ax, 2)


def _bands(result: Bands, ax: Any) -> None:
    tested = "accuracy_top" in result.document
    x = 100 * result.variance
    if tested:
        top, bottom = result.array("/accuracy_top"), result.array("/accuracy_bottom")
        ax.set_ylabel("accuracy on the test samples (%)")
    else:
        top, bottom = result.alignment, 1 - result.alignment
        ax.set_ylabel("alignment (%)")
    ax.plot(x, 100 * top, color=COLOURS[0], label="top of the variance")
    ax.plot(100 - x, 100 * bottom, color=COLOURS[1], label="bottom of the variance")
    ax.set_xlabel("share of the variance in the band (%)")
    _title(ax, result, "what a linear classifier reads from the top and from the bottom of the variance")
    _legend(ax, 2)


def _encoders(result: Encoders, ax: Any) -> None:
    for number, (spec, colour) in enumerate(zip(result.specs, _colours(result.specs))):
        values = result.eigenvalue(number)
        ax.plot(np.arange(1, len(values) + 1), values, color=colour, label=_label(spec))
    _k_axis(ax, len(result.eigenvalue(0)))
    ax.set_yscale("log")
    ax.set_ylabel("eigenvalue (log scale)")
    _title(ax, result, "what each feature restores")
    _legend(ax, len(result.specs))
