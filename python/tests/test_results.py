# SPDX-License-Identifier: Apache-2.0
"""Results: arrays, tables, frames, pictures, files; and pretexts."""
import json
import pickle

import eigenlens
import numpy as np
import pytest
from eigenlens import plots

CALLS = {
    "curves": lambda m: eigenlens.sweep(m, ["reconstruct", eigenlens.Mask(patch=2, ratio=[0.25, 0.5])]),
    "impact": lambda m: eigenlens.impact(m, [eigenlens.Gaussian(0.5), eigenlens.Mask(2, 0.5)], k=[1, 4]),
    "couplings": lambda m: eigenlens.impact(m, [eigenlens.Mask(2, 0.5)], quick=True),
    "frontier": lambda m: eigenlens.frontier(m, [0.1, 1]),
    "advice": lambda m: eigenlens.advise(m, k=8),
    "unlabelled": lambda m: eigenlens.advise(m, k=8, labels=False),
    "learning": eigenlens.learning,
    "bands": lambda m: eigenlens.bands(m, top=[0.5], bottom=[0.25]),
    "encoders": lambda m: eigenlens.encoders(m, [eigenlens.Reconstruct(), eigenlens.Mask(2, 0.5)], k=5),
}


@pytest.fixture(params=sorted(CALLS))
def result(request, small):
    return CALLS[request.param](eigenlens.Moments(name="small").update(*small))


def test_text(result):
    assert len(str(result).splitlines()) > 3
    assert repr(result).startswith(f"<{type(result).__name__} of small: ")
    assert result._repr_html_().startswith("<pre>")
    assert result.dataset["n"] == 400 and result.provenance["device"] in ("cpu", "cuda:0") and result.timings


def test_frame(result):
    pandas = pytest.importorskip("pandas")
    frame = result.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and len(frame) > 0


def test_picture(result, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    ax = result.plot()
    assert ax.get_xlabel() and ax.get_title() and ax.has_data()
    ax.figure.canvas.draw()
    assert result.plot(ax, path=tmp_path / "result.png") is ax
    assert (tmp_path / "result.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(eigenlens.UsageError, match="to write a file: plot\\(path="):
        result.plot("result.png")
    matplotlib.pyplot.close(ax.figure)


def test_colours_tell_families_and_strengths_apart(small):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    masks = [eigenlens.Mask(patch=patch, ratio=np.linspace(0.1, 0.9, 6)) for patch in (1, 2)]
    ax = eigenlens.sweep(small, ["reconstruct", *masks]).plot()
    colours = [matplotlib.colors.to_rgb(line.get_color()) for line in ax.get_lines()]
    assert len(set(colours)) == 13
    hues = np.array([matplotlib.colors.rgb_to_hsv(colour) for colour in colours])
    assert np.ptp(hues[1:7, 0]) < 0.01 and np.ptp(hues[7:, 0]) < 0.01 and abs(hues[1, 0] - hues[7, 0]) > 0.2
    lightness = np.array(colours).sum(axis=1)
    assert (np.diff(lightness[1:7]) < -0.1).all() and (np.diff(lightness[7:]) < -0.1).all()
    assert ax.texts and {text.get_text() for text in ax.texts} <= {"0.1", "0.26", "0.42", "0.58", "0.74", "0.9"}
    matplotlib.pyplot.close(ax.figure)


def test_file(result, tmp_path):
    result.save(tmp_path / "result.json")
    loaded = eigenlens.load_result(tmp_path / "result.json")
    assert type(loaded) is type(result)
    assert loaded.to_dict()["format"] == result.FORMAT
    assert {k: v for k, v in loaded.document.items() if k != "provenance"} == {
        k: v for k, v in result.document.items() if k != "provenance"
    }
    assert json.loads((tmp_path / "result.json").read_text())["format"] == result.FORMAT


def test_pickle(result):
    copied = pickle.loads(pickle.dumps(result))
    assert copied.to_dict() == result.to_dict() and str(copied) == str(result)


def test_curves(small):
    curves = CALLS["curves"](eigenlens.Moments().update(*small))
    assert curves.specs == ["reconstruct", "mask:patch=2,ratio=0.25", "mask:patch=2,ratio=0.5"]
    assert curves.alignment.shape == (3, 64) and curves.alignment.dtype == np.float64
    assert curves["reconstruct"].alignment[-1] == pytest.approx(1)
    assert (np.diff(curves["reconstruct"].alignment) > -1e-12).all()
    assert not curves[1].alignment.flags.writeable
    for curve, document in zip(curves, curves.to_dict()["curves"]):
        np.testing.assert_array_equal(curve.alignment, document["alignment"])
        np.testing.assert_array_equal(curve.reconstruction["denoise"], document["reconstruction"]["denoise"])
    assert curves[eigenlens.Mask(patch=2, ratio=0.5)].spec == curves["mask:patch=2,ratio=0.5"].spec == curves[2].spec
    assert curves[eigenlens.Reconstruct()].spec == "reconstruct"
    with pytest.raises(eigenlens.UsageError, match="stands for 2 curves"):
        curves[eigenlens.Mask(patch=2, ratio=[0.25, 0.5])]
    with pytest.raises(KeyError, match="there is no curve of mask:patch=4"):
        curves[eigenlens.Mask(patch=4, ratio=0.5)]
    frame = curves.to_pandas()
    assert len(frame) == 3 * 64 and set(frame["ratio"].dropna()) == {0.25, 0.5}
    with pytest.raises(KeyError, match="there is no curve of"):
        curves["mask:patch=3"]
    with pytest.raises(eigenlens.UsageError, match="test set"):
        _ = curves[0].accuracy
    with pytest.raises(eigenlens.UsageError, match="no noise"):
        plots.draw_gains(eigenlens.sweep(small, ["mask:patch=2,ratio=0.5"]))
    assert plots.draw_gains(curves).has_data()


def test_k(small):
    moments = eigenlens.Moments().update(*small)
    assert list(eigenlens.sweep(moments, "reconstruct", k="1,3,8-10").k) == [1, 3, 8, 9, 10]
    assert list(eigenlens.sweep(moments, "reconstruct", k=7)[0].k) == [7]
    some = eigenlens.sweep(moments, "reconstruct", k=range(2, 5))
    assert list(some.to_dict()["curves"][0]["k"]) == [2, 3, 4] and some[0].alignment.shape == (3,)
    assert list(eigenlens.sweep(moments, "reconstruct", k=[2.0, np.int32(3)]).k) == [2, 3]
    for k in (0, "a", "4-2", [], 65, 4.5, [1, 2.5], np.nan, [np.inf], ["3", "x"]):
        with pytest.raises(eigenlens.UsageError):
            eigenlens.sweep(moments, "reconstruct", k=k)
    for wrong in (4.5, "four", None):
        with pytest.raises(eigenlens.UsageError, match="expected a whole number"):
            eigenlens.advise(moments, k=wrong)
        with pytest.raises(eigenlens.UsageError, match="expected a whole number"):
            eigenlens.encoders(moments, "reconstruct", k=wrong)
        with pytest.raises(eigenlens.UsageError, match="expected a whole number"):
            eigenlens.frontier(moments, [0.1], maps_k=wrong)


def test_pretexts():
    assert eigenlens.Mask((4, 2), 0.5, channels="separate").specs() == ["mask:patch=4x2,ratio=0.5,channels=separate"]
    assert eigenlens.Keep(patch=2, count=[3, 5]).specs() == ["keep:patch=2,count=3", "keep:patch=2,count=5"]
    assert len(eigenlens.Mask(4, np.linspace(0, 0.9, 10)).specs()) == 10
    assert eigenlens.Joint(weight=[0.1, np.inf]).specs() == ["joint:lambda=0.1", "joint:lambda=inf"]
    for pretext in (
        eigenlens.Blocks(4, 0.4, seed=2), eigenlens.MultiBlock(4, context=(0.8, 0.9)), eigenlens.Grid(4, 2, offset="fixed"),
        eigenlens.Centre(4, 3, hide="outside"), eigenlens.Crop(4, (5, 3)), eigenlens.Dropout(0.3), eigenlens.Gaussian(1.0),
    ):
        assert len(pretext.specs()) == 1
    for pretext in (eigenlens.Mask(4, 1.5), eigenlens.Gaussian(), eigenlens.Masks(), eigenlens.Dropout([])):
        with pytest.raises(eigenlens.UsageError):
            pretext.specs()
    with pytest.raises(eigenlens.UsageError, match="is no pretext"):
        eigenlens.sweep((np.eye(4), [0, 1, 0, 1]), [3])


def test_masks_of_an_array(small):
    rng = np.random.default_rng(0)
    masks = rng.random((500, 16)) < 0.5
    moments = eigenlens.Moments().update(*small)
    curves = eigenlens.sweep(moments, ["reconstruct", eigenlens.Masks(masks, patch=2), eigenlens.Gaussian(covariance=np.eye(64))])
    assert curves.alignment.shape[0] == 3
    drawn = eigenlens.draw_masks("crop:patch=2,size=2", (1, 8, 8), 20)
    assert drawn.shape == (20, 16) and (drawn.sum(1) == 4).all()
    with pytest.raises(eigenlens.UsageError, match="no masks to draw"):
        eigenlens.draw_masks("keep:patch=2,count=5", (1, 8, 8))


def test_everything_else(small, tmp_path):
    moments = eigenlens.Moments(name="small").update(*small)
    assert eigenlens.plan(moments, ["reconstruct"])["fits"]
    maps = eigenlens.frontier(moments, [0.1], maps_k=4).maps(1)
    assert maps["encoder"].shape == (64, 4) and maps["classifier"].shape == (4, 3)
    one = eigenlens.sweep(moments, ["reconstruct"], device=eigenlens.Device("cpu", threads=1, memory="1 GiB"))
    np.testing.assert_allclose(one.alignment, eigenlens.sweep(moments, ["reconstruct"]).alignment, rtol=1e-9)
    with pytest.raises(eigenlens.UsageError, match="is no size"):
        eigenlens.Device("cpu", memory="much")
    eigenlens.report([one, CALLS["frontier"](moments)], tmp_path / "report.html", title="Small")
    assert "<html" in (tmp_path / "report.html").read_text()[:500].lower()
