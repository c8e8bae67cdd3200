# SPDX-License-Identifier: Apache-2.0
"""Results: what every kind of them shares. The fields are those of docs/formats.md, the numbers the command line's, bit by bit."""
from __future__ import annotations

import html
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from eigenlens import _core
from eigenlens._extras import needed
from eigenlens.errors import DataError, UsageError

__all__ = ["Result", "load_result"]

Floats = npt.NDArray[np.float64]


class Result:
    """What an operation found. ``print`` shows the engine's table, a notebook too.

    A result that was loaded from a file can do all but write CSV and make the table.
    """

    FORMAT: ClassVar[str] = ""
    _kinds: ClassVar[dict[str, type[Result]]] = {}

    def __init_subclass__(cls) -> None:
        Result._kinds[cls.FORMAT] = cls

    def __init__(self, core: _core.Result, k: Sequence[int] | None = None, *, loaded: bool = False) -> None:
        self._core = core
        self._k = None if k is None else [int(one) for one in k]
        self._added = [] if loaded else _provenance()  # a file has its own
        self._kept_table: str | None = None

    # ---- The document ----

    @cached_property
    def document(self) -> dict[str, Any]:
        """The whole result as dictionaries and lists."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def to_dict(self) -> dict[str, Any]:
        """A copy of the document."""
        copy: dict[str, Any] = json.loads(self.to_json())
        return copy

    def to_json(self) -> str:
        """The text that `save` writes."""
        return str(self._core.json(self._k, self._added))

    @property
    def dataset(self) -> dict[str, Any]:
        """Name, N, D, shape, classes, rank … of the data set."""
        return dict(self.document["dataset"])

    @property
    def provenance(self) -> dict[str, str]:
        """What computed it: device, libraries, versions."""
        return dict(self.document["provenance"])

    @property
    def timings(self) -> list[dict[str, Any]]:
        """Stages and their seconds."""
        return list(self.document["timings"])

    def array(self, pointer: str) -> npt.NDArray[Any]:
        """A list of numbers by its JSON pointer, such as ``/curves/0/alignment``, with all K; read-only, not copied."""
        return plain_integers(self._core.array(pointer))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the JSON file of docs/formats.md, whole or not at all; the command line plots and reports it."""
        self._core.save(os.fspath(path), self._k, self._added)

    def save_csv(self, path: str | os.PathLike[str]) -> None:
        """Writes the CSV file of docs/formats.md, where the format has one."""
        self._core.save_csv(os.fspath(path), self._k)

    def save_picture(self, path: str | os.PathLike[str]) -> None:
        """The command line's own picture, .svg or .png, by gnuplot."""
        self._core.plot(os.fspath(path))

    # ---- For people ----

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a line for each of what the CSV file has a line for."""
        return needed("pandas", "pandas", "to_pandas()").DataFrame(self._columns())

    def plot(self, ax: Any = None, path: str | os.PathLike[str] | None = None) -> Any:
        """Draws it with matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to; a figure of its own without.
        path : path-like, optional
            The file that the figure is also written to, in any format of matplotlib: .png, .svg, .pdf.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from eigenlens import plots

        drawn = plots.draw(self, ax)
        if path is not None:
            drawn.figure.savefig(os.fspath(path))
        return drawn

    def __str__(self) -> str:
        if self._kept_table is None:
            try:
                self._kept_table = str(self._core.table(self._k))
            except UsageError:
                return repr(self)  # loaded from a file
        return self._kept_table

    def __repr__(self) -> str:
        facts = self.dataset
        return f"<{type(self).__name__} of {facts['name'] or 'samples'}: {self._summary()}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"

    def _summary(self) -> str:
        return self.FORMAT

    def _columns(self) -> dict[str, Any]:
        raise NotImplementedError

    # ---- Pickling ----

    def __getstate__(self) -> dict[str, Any]:
        return {"json": self.to_json(), "table": str(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "result.json")
            path.write_text(state["json"], encoding="utf-8")
            core = _core.Result.load(str(path))
        self.__init__(core, loaded=True)  # type: ignore[misc]
        self._kept_table = state["table"]


def _provenance() -> list[str]:
    python = ".".join(map(str, sys.version_info[:3]))
    return ["command", " ".join(["python", *map(os.path.basename, sys.argv[:1])]).strip(), "python", python]


def plain_integers(array: Any) -> npt.NDArray[Any]:
    """int64 under the name that NumPy prints without saying so."""
    found = np.asarray(array)
    return found.view(np.int64) if found.dtype.kind == "i" else found


def load_result(path: str | os.PathLike[str]) -> Any:
    """Reads the JSON file of any result, of the command line or of `Result.save`.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Curves, Impact, Frontier, Advice, Learning, Bands or Encoders

    Raises
    ------
    FileError, DataError
        A file that cannot be read, or is no result.

    Examples
    --------
    >>> import numpy as np, eigenlens, os, tempfile
    >>> x = np.random.default_rng(0).normal(size=(60, 5))
    >>> path = os.path.join(tempfile.mkdtemp(), "curves.json")
    >>> eigenlens.sweep((x, (x[:, 0] > 0).astype(int)), ["reconstruct"]).save(path)
    >>> eigenlens.load_result(path)
    <Curves of samples: 1 curve, K = 1 to 5>
    """
    core = _core.Result.load(os.fspath(path))
    kind = Result._kinds.get(core.format)
    if kind is None:
        raise DataError(f"{os.fspath(path)}: results of the format '{core.format}' are unknown to this package")
    return kind(core, loaded=True)
