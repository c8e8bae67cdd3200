# SPDX-License-Identifier: Apache-2.0
"""How long work is watched: tqdm's bar, or any callable."""
from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, Union

from eigenlens._extras import needed
from eigenlens.errors import UsageError

__all__ = ["ProgressLike"]

Watcher = Callable[[str, int, int, str], Any]
ProgressLike = Union[bool, Watcher]
"""True: a tqdm bar where stderr is a terminal, and in a notebook; elsewhere nothing, as the command line.
A callable gets (stage, done, total or 0, unit); what it raises stops the work and is raised."""


class _Bar:
    """A bar a stage; none in a log."""

    def __init__(self) -> None:
        self._tqdm = needed("tqdm.auto", "progress", "progress=True").tqdm
        self._hidden = not ("ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty()))
        self._stage = ""
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int, unit: str) -> None:
        if self._bar is None or stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = self._tqdm(desc=stage, total=total or None, unit=f" {unit}", leave=False, disable=self._hidden)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


@contextlib.contextmanager
def watched(progress: ProgressLike) -> Iterator[Watcher | None]:
    """What the extension calls, for a ``with`` block around the work."""
    if progress is False or progress is None:
        yield None
    elif progress is True:
        bar = _Bar()
        try:
            yield bar
        finally:
            bar.close()
    elif callable(progress):
        yield progress
    else:
        raise UsageError(f"progress={progress!r} is neither True, False nor a callable")
