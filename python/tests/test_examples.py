# SPDX-License-Identifier: Apache-2.0
"""The programs in examples/ run, and say and draw something."""
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT


def run(name, *arguments):
    pytest.importorskip("matplotlib")
    answer = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *map(str, arguments)], capture_output=True, text=True, timeout=400
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_paper_figures(fashion, tmp_path):
    said = run("paper_figures.py", fashion, "--out", tmp_path)
    assert "50% of what is linear in the inputs takes K = 6" in said  # as the README's first table
    assert "mask:patch=4" in said
    assert (tmp_path / "figure-2.png").stat().st_size > 5000 and (tmp_path / "figure-7.png").stat().st_size > 5000


def test_which_mask(tmp_path):
    image = pytest.importorskip("matplotlib.image")
    rng = np.random.default_rng(0)
    for label in ("left", "right"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(40):
            pixels = rng.random((20, 20, 3)) * 0.6
            pixels[6:14, 2:8 if label == "left" else 18] += 0.3
            image.imsave(tmp_path / "photos" / label / f"{number}.png", np.clip(pixels, 0, 1))
    said = run("which_mask.py", tmp_path / "photos", "--size", 16, "--k", 8, "--out", tmp_path)
    assert "At K = 8" in said
    assert (tmp_path / "which-mask.png").exists() and (tmp_path / "report.html").exists()


def test_embeddings(fashion, tmp_path):
    pytest.importorskip("sklearn")
    said = run("embeddings.py", fashion, "--count", 2000, "--out", tmp_path)
    assert "on the pixels" in said and (tmp_path / "embeddings.png").exists()
