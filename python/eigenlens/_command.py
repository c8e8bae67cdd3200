# SPDX-License-Identifier: Apache-2.0
"""The console script: the command line program that is in the wheel."""
from __future__ import annotations

import os
import sys


def main() -> None:
    """Becomes that program."""
    program = os.path.join(os.path.dirname(__file__), "bin", "eigenlens")
    os.execv(program, ["eigenlens", *sys.argv[1:]])
