# SPDX-License-Identifier: Apache-2.0
"""Moments: what goes in, what comes out, what is refused."""
import pickle

import eigenlens
import numpy as np
import pytest


def naive(x, y, classes):
    x = x.reshape(len(x), -1).astype(np.int64)
    return x.T @ x, np.stack([x[y == c].sum(0) for c in range(classes)])


def test_sums_are_those_of_numpy(small):
    images, labels = small
    moments = eigenlens.Moments().update(images, labels)
    gram, cross = naive(images, labels, 3)
    np.testing.assert_array_equal(moments.gram, gram)
    np.testing.assert_array_equal(moments.cross, cross)
    np.testing.assert_allclose(moments.mean, images.reshape(400, -1).mean(0))
    assert moments.count == 400 and moments.shape == (1, 8, 8) and moments.classes == 3
    assert moments.arithmetic == "exact" and moments.gram.dtype == np.int64
    assert not moments.gram.flags.writeable


def test_every_split_has_the_same_bits(small):
    images, labels = small
    whole = eigenlens.Moments().update(images, labels)
    parts = eigenlens.Moments()
    for begin in range(0, 400, 37):
        parts.partial_fit(images[begin : begin + 37], labels[begin : begin + 37])
        assert parts.count == min(begin + 37, 400)
    assert parts == whole
    a, b = eigenlens.Moments().update(images[:150], labels[:150]), eigenlens.Moments().update(images[150:], labels[150:])
    assert a + b == whole and a.merge(b) == whole and whole - b == a
    assert sum([a, b]) == whole
    alone = sum([a])
    assert alone == a and alone.update(images, labels) != a, "a sum of one is no second name of it"
    with pytest.raises(TypeError):
        _ = 1 + a


def test_looking_does_not_disturb(small):
    images, labels = small
    moments = eigenlens.Moments().update(images[:10], labels[:10])
    assert moments.gram.shape == (64, 64)
    assert moments.update(images[10:], labels[10:]) == eigenlens.Moments().update(images, labels)


@pytest.mark.parametrize("dtype, exact", [
    (bool, True), (np.uint8, True), (np.int8, False), (np.uint16, False), (np.int32, False), (np.int64, False),
    (np.float16, False), (np.float32, False), (np.float64, False), (">f4", False),
])
def test_types(dtype, exact):
    x = np.random.default_rng(0).integers(0, 2, (50, 6)).astype(dtype)
    moments = eigenlens.Moments().update(x)
    assert moments.arithmetic == ("exact" if exact else "float64")
    np.testing.assert_allclose(moments.covariance(), np.cov(x.astype(float).T, ddof=0), atol=1e-12)


def test_types_that_are_refused():
    with pytest.raises(eigenlens.UsageError, match="complex128"):
        eigenlens.Moments().update(np.ones((3, 2), complex))
    with pytest.raises(eigenlens.UsageError, match="<U1"):
        eigenlens.Moments().update(np.array([["a", "b"]]))
    with pytest.raises(eigenlens.DataError, match=r"2\*\*53"):
        eigenlens.Moments().update(np.array([[2**60, 1]]))


def test_bytes_and_floats_do_not_mix(small):
    images, labels = small
    moments = eigenlens.Moments().update(images, labels)
    with pytest.raises(eigenlens.UsageError, match="uint8.*float32"):
        moments.update(images.astype(np.float32), labels)
    assert moments == eigenlens.Moments().update(images, labels)


def test_layouts():
    rng = np.random.default_rng(0)
    nchw = rng.integers(0, 256, (20, 3, 6, 5), dtype=np.uint8)
    nhwc = np.ascontiguousarray(nchw.transpose(0, 2, 3, 1))
    channels_first = eigenlens.Moments().update(nchw)
    assert channels_first.shape == (3, 6, 5)
    assert eigenlens.Moments(layout="nhwc").update(nhwc) == channels_first
    assert eigenlens.Moments(shape=(3, 6, 5)).update(nchw.reshape(20, -1)) == channels_first
    with pytest.raises(eigenlens.UsageError, match="layout='nhwc'"):
        eigenlens.Moments().update(nhwc)
    with pytest.raises(eigenlens.UsageError, match="one dimension"):
        eigenlens.Moments().update(nchw[0, 0, 0])
    with pytest.raises(eigenlens.UsageError, match="do not go with"):
        eigenlens.Moments().update(nchw).update(nchw[:, :, :2])


def test_layouts_in_memory(small):
    images, labels = small
    expected = eigenlens.Moments().update(images, labels)
    assert eigenlens.Moments().update(np.asfortranarray(images), labels) == expected
    padded = np.zeros((400, 8, 16), np.uint8)
    padded[:, :, ::2] = images
    assert eigenlens.Moments().update(padded[:, :, ::2], labels) == expected
    backwards = eigenlens.Moments().update(images[::-1], labels[::-1])
    assert backwards == expected


def test_not_finite_names_the_row():
    x = np.random.default_rng(0).normal(size=(30, 4))
    good = eigenlens.Moments().update(x)
    bad = x.copy()
    bad[17, 2] = np.nan
    with pytest.raises(eigenlens.DataError, match="NaN in row 17, column 2"):
        good.update(bad)
    bad[17, 2] = -np.inf
    with pytest.raises(ValueError, match="infinity in row 17"):
        good.update(bad)
    assert good == eigenlens.Moments().update(x)


def test_large_updates_are_all_or_nothing():
    x = np.random.default_rng(0).normal(size=(100_000, 100))  # 80 MB: more than one chunk
    y = np.arange(len(x)) % 4
    moments = eigenlens.Moments().update(x[:50], y[:50])
    x[99_990, 7] = np.nan
    with pytest.raises(eigenlens.DataError, match="row 99990, column 7"):
        moments.update(x, y)
    assert moments.count == 50
    x[99_990, 7] = 0
    moments.update(x, y)
    assert moments.count == 100_050
    np.testing.assert_allclose(moments.covariance(), np.cov(np.vstack([x[:50], x]).T, ddof=0), atol=1e-10)


def test_labels():
    x = np.eye(4, dtype=np.uint8)
    numbers = eigenlens.Moments().update(x, [0, 1, 1, 3])
    assert list(numbers.class_counts) == [1, 2, 0, 1] and numbers.class_names == []
    assert eigenlens.Moments().update(x, np.array([0.0, 1, 1, 3])) == numbers
    assert eigenlens.Moments().update(x, np.array([[0], [1], [1], [3]])) == numbers
    names = eigenlens.Moments().update(x, ["cat", "dog", "dog", "ant"])
    assert names.class_names == ["ant", "cat", "dog"] and list(names.class_counts) == [1, 1, 2]
    names.update(x[:1], ["bee"]).update(x[:1], ["ant"])
    assert names.class_names == ["ant", "cat", "dog", "bee"] and list(names.class_counts) == [2, 1, 2, 1]
    assert eigenlens.Moments().update(x).classes == 1
    assert list(eigenlens.Moments().update(x, [True, False, True, True]).class_counts) == [1, 3]


def test_labels_that_are_refused():
    x = np.eye(3, dtype=np.uint8)
    for labels, text in [
        ([0, 1], "3 samples and 2 labels"),
        ([0, -1, 1], "sample 1 is -1"),
        ([0.5, 1, 2], "not measurements"),
        (np.eye(3), "one-hot"),
    ]:
        with pytest.raises(eigenlens.Error, match=text):
            eigenlens.Moments().update(x, labels)
    with pytest.raises(eigenlens.UsageError, match="no labels"):
        eigenlens.Moments().update(x).update(x, [0, 1, 2])
    with pytest.raises(eigenlens.DataError, match="'cow', which is not among"):
        eigenlens.Moments(class_names=["ant", "bee"]).update(x, ["ant", "cow", "bee"])
    with pytest.raises(eigenlens.DataError, match="2 class names"):
        eigenlens.Moments(class_names=["ant", "bee"]).update(x, [0, 1, 2])
    a = eigenlens.Moments().update(x, ["a", "b", "b"])
    b = eigenlens.Moments().update(x, ["b", "c", "c"])
    with pytest.raises(eigenlens.DataError, match="class_names="):
        a.merge(b)


def test_names_that_could_not_be_added_are_forgotten():
    x = np.random.default_rng(0).normal(size=(3, 2))
    moments = eigenlens.Moments().update(x, ["a", "b", "b"])
    bad = x.copy()
    bad[0, 0] = np.nan
    with pytest.raises(eigenlens.DataError):
        moments.update(bad, ["c", "d", "d"])
    assert moments.update(x, ["d", "a", "a"]).class_names == ["a", "b", "d"]


def test_files_and_pickles(small, tmp_path):
    moments = eigenlens.Moments().update(*small)
    moments.save(tmp_path / "m.safetensors")
    loaded = eigenlens.Moments.load(tmp_path / "m.safetensors")
    assert loaded == moments and eigenlens.Moments.of(tmp_path / "m.safetensors") == moments
    copied = pickle.loads(pickle.dumps(moments))
    assert copied == moments
    assert copied.update(*small).count == 800
    assert pickle.loads(pickle.dumps(eigenlens.Moments())).count == 0


def test_errors_are_exceptions_of_their_kind(tmp_path):
    with pytest.raises(OSError, match="absent"):
        eigenlens.Moments.load(tmp_path / "absent.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ValueError) as caught:
        eigenlens.Moments.load(tmp_path / "bad.safetensors")
    assert isinstance(caught.value, eigenlens.DataError) and caught.value.code == 3
    with pytest.raises(eigenlens.UsageError, match="no samples"):
        _ = eigenlens.Moments().gram
    with pytest.raises(eigenlens.UnavailableError):
        eigenlens.Device("cuda:63")
    with pytest.raises(ArithmeticError):
        eigenlens.sweep((np.ones((5, 3), np.uint8), [0, 1, 1, 0, 1]), ["reconstruct"])
    with pytest.raises(eigenlens.UsageError, match="unknown option"):
        eigenlens.Moments.of(tmp_path, colour_map="rgb")


@pytest.mark.parametrize("labels", [[-1] * 4, [0.5] * 4])
def test_labels_that_were_refused_decide_nothing(labels):
    moments = eigenlens.Moments()
    with pytest.raises(eigenlens.DataError):
        moments.update(np.ones((4, 2)), labels)
    moments.update(np.ones((0, 2)), [])
    assert moments.update(np.ones((4, 2)), list("abab")).class_names == ["a", "b"]
