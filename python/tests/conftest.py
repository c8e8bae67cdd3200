# SPDX-License-Identifier: Apache-2.0
"""What the tests share: data, the program that was built, results of both."""
from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

FASHION = Path("/usr/share/datasets/fashion-mnist")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def fashion() -> Path:
    if not FASHION.exists():
        pytest.skip(f"{FASHION} is not there: scripts/setup data")
    return FASHION


def idx(path: Path) -> np.ndarray:
    """An IDX file as NumPy reads it, without eigenlens."""
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


@pytest.fixture(scope="session")
def fashion_train(fashion):
    return idx(fashion / "train-images-idx3-ubyte.gz"), idx(fashion / "train-labels-idx1-ubyte.gz")


@pytest.fixture(scope="session")
def fashion_test(fashion):
    return idx(fashion / "t10k-images-idx3-ubyte.gz"), idx(fashion / "t10k-labels-idx1-ubyte.gz")


@pytest.fixture(scope="session")
def program():
    """Runs the command line of the build folder."""
    path = Path(os.environ.get("EIGENLENS_BUILD", ROOT / "build"), "bin", "eigenlens")
    if not path.exists():
        pytest.skip(f"{path} is not there: make build")

    def run(*arguments: object) -> None:
        subprocess.run([path, *map(str, arguments), "--quiet"], check=True, timeout=300)

    return run


@pytest.fixture
def small():
    """400 images of 8 × 8 bytes in 3 classes that a linear classifier can tell apart a little."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    images = rng.integers(0, 200, (400, 8, 8), dtype=np.uint8)
    images[np.arange(400), labels, labels] //= 4
    images[:, 4:, :] = images[:, 4:, :] // 2 + images[:, :4, :] // 3
    return images, labels
