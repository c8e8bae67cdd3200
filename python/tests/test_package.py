# SPDX-License-Identifier: Apache-2.0
"""The package as it is installed."""
from pathlib import Path

import eigenlens
from eigenlens import _core


def test_versions_agree():
    assert _core.interface() == _core.INTERFACE
    assert eigenlens.versions()["eigenlens"].startswith(eigenlens.__version__)


def test_wheel_is_typed_and_whole():
    folder = Path(eigenlens.__file__).parent
    assert (folder / "py.typed").exists()
    assert "class Moments" in (folder / "_core.pyi").read_text()
    assert (folder / "bin" / "eigenlens").exists()
    assert len(list(folder.glob("libeigenlens.so*"))) == 1


def test_devices():
    found = eigenlens.devices()
    assert found[0]["name"] == "cpu" and not found[0]["obstacle"]
    assert "OpenBLAS" in eigenlens.versions()["blas"]
