# SPDX-License-Identifier: Apache-2.0
"""What reconstruction, denoising and masked autoencoders learn, and how much of a perception task survives, in closed form.

    >>> import numpy as np, eigenlens
    >>> rng = np.random.default_rng(0)
    >>> images, labels = rng.integers(0, 256, (500, 8, 8), dtype=np.uint8), rng.integers(0, 5, 500)
    >>> moments = eigenlens.Moments().update(images, labels)
    >>> curves = eigenlens.sweep(moments, [eigenlens.Reconstruct(), eigenlens.Mask(patch=2, ratio=0.5)])
    >>> curves.alignment.shape
    (2, 64)

Read data into `Moments`, ask `sweep`, `advise`, `impact`, `frontier`, `learning`, `bands`, `encoders`; print, plot, save what
they find. docs/python.md is the tutorial.
"""
from __future__ import annotations

from eigenlens import _core
from eigenlens.analyses import bands, encoders, frontier, impact, learning
from eigenlens.curves import Curve, Curves
from eigenlens.devices import Device, devices, versions
from eigenlens.errors import (
    Cancelled,
    DataError,
    DeviceError,
    Error,
    FileError,
    NumericalError,
    OutOfMemoryError,
    UnavailableError,
    UsageError,
)
from eigenlens.findings import Advice, Bands, Encoders, Frontier, Impact, Learning
from eigenlens.moments import Moments
from eigenlens.operations import advise, jackknife, probe, sweep
from eigenlens.pretexts import (
    Blocks,
    Centre,
    Crop,
    Dropout,
    Gaussian,
    Grid,
    Joint,
    Keep,
    Mask,
    Masks,
    MultiBlock,
    Pretext,
    Reconstruct,
)
from eigenlens.results import Result, load_result
from eigenlens.sources import Files
from eigenlens.tools import draw_masks, generate, plan, report

__version__ = _core.version().split()[0]

__all__ = [
    "Advice",
    "Bands",
    "Blocks",
    "Cancelled",
    "Centre",
    "Crop",
    "Curve",
    "Curves",
    "DataError",
    "Device",
    "DeviceError",
    "Dropout",
    "Encoders",
    "Error",
    "FileError",
    "Files",
    "Frontier",
    "Gaussian",
    "Grid",
    "Impact",
    "Joint",
    "Keep",
    "Learning",
    "Mask",
    "Masks",
    "Moments",
    "MultiBlock",
    "NumericalError",
    "OutOfMemoryError",
    "Pretext",
    "Reconstruct",
    "Result",
    "UnavailableError",
    "UsageError",
    "advise",
    "bands",
    "devices",
    "draw_masks",
    "encoders",
    "frontier",
    "generate",
    "impact",
    "jackknife",
    "learning",
    "load_result",
    "plan",
    "probe",
    "report",
    "sweep",
    "versions",
]
