# SPDX-License-Identifier: Apache-2.0
"""Where the work is done."""
from __future__ import annotations

import functools
import json
import os
import re
from typing import Any, Union

from eigenlens import _core
from eigenlens.errors import UsageError

__all__ = ["Device", "DeviceLike", "devices", "versions"]

_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def _bytes_of(memory: int | str) -> int:
    if isinstance(memory, int):
        return memory
    found = re.fullmatch(r"\s*([0-9.]+)\s*([kmgt]?)(ib|b)?\s*", memory.lower())
    if not found:
        raise UsageError(f"memory='{memory}' is no size: expected bytes, or a text such as '4 GiB' or '500 MB'")
    base = 1000 if found[3] == "b" else 1024
    return int(float(found[1]) * base ** _UNITS[found[2]])


class Device:
    """A device, and what of the host it may use. Functions take one, or its name, as ``device=``.

    Parameters
    ----------
    name : str
        ``auto`` (the first CUDA device that can be used, else the CPU; the environment variable EIGENLENS_DEVICE
        overrides it), ``cpu``, ``cuda`` or ``cuda:N``.
    threads : int
        Of the host; 0: every core that may be used.
    memory : int or str
        Budget of host memory, in bytes or such as ``'4 GiB'``; 0: what is available.

    Raises
    ------
    UnavailableError
        A device that was asked for by name and is not there. Nothing falls back silently.

    Examples
    --------
    >>> import eigenlens
    >>> device = eigenlens.Device("cpu", threads=1)
    >>> device.name, device.threads
    ('cpu', 1)
    """

    def __init__(self, name: str = "auto", threads: int = 0, memory: int | str = 0) -> None:
        self._arguments = (name, int(threads), _bytes_of(memory))
        self._core = _core.Device(*self._arguments)
        self.facts: dict[str, Any] = json.loads(self._core.describe())
        """All that the device says of itself: a dictionary of texts and numbers."""

    @property
    def name(self) -> str:
        """``cpu`` or ``cuda:N``."""
        return str(self.facts["device"])

    @property
    def threads(self) -> int:
        """Threads of the host."""
        return int(self.facts["threads"])

    @property
    def memory_budget(self) -> int:
        """Host memory that the work may take, in bytes."""
        return int(self.facts["memory_budget"])

    @property
    def notice(self) -> str:
        """Why ``auto`` took the CPU though there is a GPU; else empty."""
        return str(self.facts["notice"])

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self._arguments)

    def __repr__(self) -> str:
        return f"Device({self.name!r}, threads={self.threads}, memory={self.memory_budget})"


DeviceLike = Union[Device, str, None]


@functools.lru_cache(maxsize=16)
def _opened(name: str, override: str | None) -> Device:
    # What auto stands for may change with the environment.
    return Device(name)


def device_of(device: DeviceLike) -> Device:
    """The device that a user means; opened once a name."""
    if isinstance(device, Device):
        return device
    if device is not None and not isinstance(device, str):
        raise UsageError(f"device={device!r} is neither a name such as 'cpu' or 'cuda:0' nor an eigenlens.Device")
    return _opened(device or "auto", os.environ.get("EIGENLENS_DEVICE"))


def devices() -> list[dict[str, Any]]:
    """The devices of this machine, usable or not.

    Returns
    -------
    list of dict
        The CPU first, then every CUDA device: ``name`` (as ``device=`` takes it), ``model``, ``memory`` and
        ``memory_free`` (bytes, CUDA alone), and ``obstacle``: why it cannot be used, or an empty text.

    Examples
    --------
    >>> import eigenlens
    >>> eigenlens.devices()[0]["name"]
    'cpu'
    """
    cpu = device_of("cpu").facts
    found: list[dict[str, Any]] = [{"name": "cpu", "model": cpu.get("processor", ""), "obstacle": ""}]
    found.extend(json.loads(_core.cuda_survey())["devices"])
    return found


def versions() -> dict[str, str]:
    """Versions of eigenlens and of what it runs on.

    Examples
    --------
    >>> import eigenlens
    >>> eigenlens.versions()["eigenlens"].split()[0] == eigenlens.__version__
    True
    """
    cpu = device_of("cpu").facts
    found = {"eigenlens": _core.version(), "blas": str(cpu.get("blas", ""))}
    survey = json.loads(_core.cuda_survey())
    found.update({key: str(value) for key, value in survey["versions"].items()})
    if survey["obstacle"]:
        found["cuda"] = f"none: {survey['obstacle']}"
    return found
