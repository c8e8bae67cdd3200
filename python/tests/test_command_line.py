# SPDX-License-Identifier: Apache-2.0
"""The same bits as the command line, on the 60,000 images of Fashion-MNIST."""
import json

import eigenlens
import numpy as np
import pytest

SPECS = ["reconstruct", "mask:patch=4,ratio=0.5", "mask:patch=1,ratio=0.99", "gaussian:sigma=0.5"]


@pytest.fixture(scope="module")
def moments(fashion_train):
    images, labels = fashion_train
    # In two parts, of which one is small: the sums are exact whatever the split.
    return eigenlens.Moments(name="fashion-mnist").update(images[:100], labels[:100]).update(images[100:], labels[100:])


def numbers(document):
    """All numbers of a document but the time that it took."""
    return {key: value for key, value in document.items() if key not in ("timings", "provenance", "dataset")}


def test_moments(moments, fashion, program, tmp_path):
    program("moments", fashion, "--out", tmp_path / "m.safetensors")
    assert eigenlens.Moments.load(tmp_path / "m.safetensors") == moments
    assert eigenlens.Moments.of(fashion) == moments


def test_sweep(moments, fashion, program, tmp_path):
    arguments = [part for spec in SPECS for part in ("--pretext", spec)]
    program("sweep", fashion, *arguments, "--out", tmp_path / "curves.json", "--csv", tmp_path / "curves.csv")
    curves = eigenlens.sweep(moments, SPECS)
    theirs = json.loads((tmp_path / "curves.json").read_text())
    assert numbers(curves.to_dict()) == numbers(theirs)
    for curve, other in zip(curves, theirs["curves"]):
        np.testing.assert_array_equal(curve.alignment, other["alignment"])
        np.testing.assert_array_equal(curve.reconstruction["refit"], other["reconstruction"]["refit"])
    curves.save_csv(tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text() == (tmp_path / "curves.csv").read_text()


def test_sweep_of_some_k(moments):
    curves = eigenlens.sweep(moments, SPECS[:2], k="1,4,16-18")
    full = eigenlens.sweep(moments, SPECS[:2])
    assert list(curves.k) == [1, 4, 16, 17, 18]
    np.testing.assert_allclose(curves.alignment, full.alignment[:, curves.k - 1], rtol=1e-9)


def test_probe(moments, fashion, fashion_test, program, tmp_path):
    program("sweep", fashion, "--test", fashion, "--pretext", SPECS[1], "--out", tmp_path / "curves.json")
    theirs = json.loads((tmp_path / "curves.json").read_text())["curves"][0]["probe"]
    of_path = eigenlens.sweep(moments, SPECS[1], test=fashion)
    np.testing.assert_array_equal(of_path[0].accuracy, theirs["top1"])
    images, labels = fashion_test
    of_arrays = eigenlens.sweep(moments, SPECS[1], test=(images, labels))
    np.testing.assert_array_equal(of_arrays[0].accuracy, theirs["top1"])


@pytest.mark.parametrize("command, options, call", [
    ("learning", [], eigenlens.learning),
    ("impact", ["--pretext", SPECS[1], "--quick"], lambda m: eigenlens.impact(m, SPECS[1], quick=True)),
    ("frontier", ["--lambda", "0.1"], lambda m: eigenlens.frontier(m, [0.1])),
    ("bands", ["--top", "0.5"], lambda m: eigenlens.bands(m, top=[0.5])),
])
def test_other_results(command, options, call, moments, program, tmp_path):
    moments.save(tmp_path / "m.safetensors")
    out = "--json" if command == "bands" else "--out"
    data = tmp_path / "m.safetensors"
    if command == "bands":
        data = "/usr/share/datasets/fashion-mnist"
    program(command, data, *options, out, tmp_path / "result.json")
    assert numbers(call(moments).to_dict()) == numbers(json.loads((tmp_path / "result.json").read_text()))


def test_jackknife(fashion, program, tmp_path):
    program("sweep", fashion, "--pretext", "reconstruct", "--pretext", SPECS[1], "--jackknife", 3, "--out", tmp_path / "c.json")
    shards = eigenlens.Moments.shards(fashion, 3)
    assert sum(shard.count for shard in shards) == 60000
    curves = eigenlens.jackknife(shards, ["reconstruct", SPECS[1]])
    assert numbers(curves.to_dict()) == numbers(json.loads((tmp_path / "c.json").read_text()))


def test_file_of_the_command_line(fashion, program, tmp_path):
    program("sweep", fashion, "--pretext", SPECS[1], "--out", tmp_path / "c.json")
    loaded = eigenlens.load_result(tmp_path / "c.json")
    assert loaded.dataset["n"] == 60000 and "Curves" in str(loaded)
    np.testing.assert_array_equal(loaded.alignment[0], json.loads((tmp_path / "c.json").read_text())["curves"][0]["alignment"])


def test_the_program_of_the_wheel_runs():
    import subprocess
    import sys

    code = "import sys; from eigenlens._command import main; sys.argv[1:] = ['--version']; main()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.split()[1] == eigenlens.__version__
