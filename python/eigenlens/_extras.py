# SPDX-License-Identifier: Apache-2.0
"""Packages that only some functions need."""
from __future__ import annotations

import importlib
from types import ModuleType

from eigenlens.errors import UnavailableError


def needed(module: str, extra: str, purpose: str) -> ModuleType:
    """The module, or UnavailableError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise UnavailableError(
            f"{purpose} needs {package}, which is not installed: pip install 'eigenlens[{extra}]'"
        ) from error
