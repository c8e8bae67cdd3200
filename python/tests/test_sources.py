# SPDX-License-Identifier: Apache-2.0
"""Where samples may come from: exporters of arrays, loaders, data sets, files."""
import sys
import types

import eigenlens
import numpy as np
import pytest
from eigenlens.samples import as_samples


class Exporter:
    """An array of another library: DLPack and nothing else."""

    def __init__(self, array):
        self._array = array
        self.shape = array.shape
        self.asked = 0

    def __dlpack__(self, **arguments):
        self.asked += 1
        return self._array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class Tensor(Exporter):
    """What of a PyTorch tensor is looked at."""

    dtype = "torch.uint8"

    def detach(self):
        return self

    def cpu(self):
        return self._array

    @property
    def __cuda_array_interface__(self):
        raise AttributeError("this tensor is on the CPU")


class Loader:
    """A loader of batches over a data set with names, as torch.utils.data.DataLoader."""

    def __init__(self, images, labels, size=64, wrap=np.asarray):
        self.dataset = types.SimpleNamespace(classes=["ant", "bee", "cat"])
        self._batches = [
            [wrap(images[i : i + size]), wrap(labels[i : i + size])] for i in range(0, len(images), size)
        ]

    def __iter__(self):
        return iter(self._batches)

    def __len__(self):
        return len(self._batches)


@pytest.fixture
def expected(small):
    return eigenlens.Moments().update(*small)


def test_dlpack(small, expected):
    images, labels = small
    exporter = Exporter(images)
    assert eigenlens.Moments().update(exporter, labels) == expected
    assert exporter.asked == 1
    assert eigenlens.Moments.of(Exporter(images), labels) == expected
    assert eigenlens.Moments().update(Tensor(images), Tensor(labels)) == expected


def test_memory_of_a_gpu_is_copied_where_the_cpu_computes(small, expected):
    images, labels = small

    class OnGpu:
        shape = images.shape
        __cuda_array_interface__ = {"shape": images.shape, "typestr": "|u1", "data": (4096, True), "version": 3}

        def get(self):
            return images

    assert eigenlens.Moments(device="cpu").update(OnGpu(), labels) == expected


class OnGpu:
    """Memory of a GPU that is not there: what is looked at before it is read."""

    dtype = "torch.uint8"
    is_cuda = True
    device = "cuda:0"

    def __init__(self, shape, **interface):
        self.__cuda_array_interface__ = {"shape": shape, "typestr": "|u1", "data": (4096, True), "version": 3, **interface}


@pytest.mark.parametrize("own,stream,passed", [(None, 0, 1), (None, 7, 7), (2, 0, 2), (1, 7, 1)])
def test_streams_that_are_waited_for(monkeypatch, own, stream, passed):
    current = types.SimpleNamespace(cuda_stream=stream)
    torch = types.SimpleNamespace(cuda=types.SimpleNamespace(current_stream=lambda device: current))
    monkeypatch.setitem(sys.modules, "torch", torch)  # whose default stream is 0, which to the engine says: ready
    interface = {} if own is None else {"stream": own}
    assert as_samples(OnGpu((6, 3, 4, 4), **interface), "nchw", None, on_cuda=True).stream == passed
    monkeypatch.delitem(sys.modules, "torch")
    if own is None:
        assert as_samples(OnGpu((6, 3, 4, 4)), "nchw", None, on_cuda=True).stream == 0


def test_channels_last_is_not_guessed_on_a_gpu_either():
    with pytest.raises(eigenlens.UsageError, match="nhwc"):
        as_samples(OnGpu((6, 8, 8, 3)), "nchw", None, on_cuda=True)


def test_loaders(small, expected):
    images, labels = small
    seen = []
    moments = eigenlens.Moments.of(Loader(images, labels), progress=lambda *event: seen.append(event))
    assert moments.class_names == ["ant", "bee", "cat"]
    np.testing.assert_array_equal(moments.gram, expected.gram)
    assert seen[-1][1] == 400 and seen[-1][3] == "samples"
    assert eigenlens.Moments.of(Loader(images, labels, wrap=Tensor)).count == 400


def test_batches_and_samples(small, expected):
    images, labels = small
    assert eigenlens.Moments.of((images, labels)) == expected
    assert eigenlens.Moments.of(images, labels) == expected
    assert eigenlens.Moments.of(iter([(images[:9], labels[:9]), (images[9:], labels[9:])])) == expected
    assert eigenlens.Moments.of([(image, int(label)) for image, label in zip(images, labels)]) == expected
    assert eigenlens.Moments.of(image for image in [images[:5], images[5:]]).classes == 1
    assert eigenlens.Moments.of(images.tolist(), labels).count == 400

    class MapStyle:
        def __len__(self):
            return 400

        def __getitem__(self, i):
            return images[i], labels[i]

    assert eigenlens.Moments.of(MapStyle()) == expected


def test_batches_in_a_list(small, expected):
    images, labels = small
    batches = [[images[i : i + 64], labels[i : i + 64]] for i in range(0, 400, 64)]  # as PyTorch collates them
    assert eigenlens.Moments.of(batches) == expected
    assert sum(part.count for part in eigenlens.Moments.shards(batches, 4)) == 400
    assert eigenlens.Moments.of([[x] for x, _ in batches]).count == 400
    assert eigenlens.Moments.of([[images[0], labels[0]], [images[1], labels[1]]]).count == 2
    # Rows are rows still: of numbers, and of arrays of one shape.
    assert eigenlens.Moments.of([[1, 2], [3, 4], [5, 7]]).shape == (1, 1, 2)
    assert eigenlens.Moments.of([[images[0, 0], images[0, 1]], [images[1, 0], images[1, 1]]]).shape == (1, 2, 8)
    with pytest.raises(eigenlens.DataError, match="rows of one length"):
        eigenlens.Moments().update([[1, 2], [3]])


def test_dictionaries(small, expected):
    images, labels = small
    rows = [{"image": image, "label": int(label)} for image, label in zip(images, labels)]
    assert eigenlens.Moments.of(rows) == expected
    batches = [{"scan": images, "finding": labels}]
    assert eigenlens.Moments.of(batches, image="scan", label="finding") == expected
    with pytest.raises(eigenlens.UsageError, match="scan, finding"):
        eigenlens.Moments.of(batches)


class HubDataset:
    """What of a Hugging Face data set is looked at."""

    def __init__(self, images, labels):
        self._columns = {"image": images, "label": labels}
        self.num_rows = len(images)
        self.features = {"image": None, "label": types.SimpleNamespace(names=["ant", "bee", "cat"])}

    def with_format(self, name):
        assert name == "numpy"
        return self

    def iter(self, batch_size):
        for i in range(0, self.num_rows, batch_size):
            yield {name: column[i : i + batch_size] for name, column in self._columns.items()}


def test_hugging_face(small, expected):
    moments = eigenlens.Moments.of(HubDataset(*small))
    assert moments.class_names == ["ant", "bee", "cat"]
    np.testing.assert_array_equal(moments.cross, expected.cross)
    wide = HubDataset(small[0].astype(np.int64), small[1])  # its formatter's way with columns of bytes that are no pictures
    wide.features["image"] = types.SimpleNamespace(feature=types.SimpleNamespace(dtype="uint8"))
    np.testing.assert_array_equal(eigenlens.Moments.of(wide).gram, expected.gram)
    ragged = np.empty(2, object)
    ragged[:] = [np.zeros((8, 8), np.uint8), np.zeros((8, 9), np.uint8)]
    with pytest.raises(eigenlens.DataError, match="different shapes"):
        eigenlens.Moments.of(HubDataset(ragged, np.array([0, 1])))


def test_shards_and_test_sets_of_any_source(small):
    images, labels = small
    parts = eigenlens.Moments.shards((images, labels), 4)
    assert sum(parts[1:], parts[0]) == eigenlens.Moments().update(images, labels)
    again = eigenlens.Moments.shards(Loader(images, labels), 4)
    assert [part.count for part in again] == [part.count for part in parts]
    with pytest.raises(eigenlens.UsageError, match="more than once"):
        eigenlens.Moments.shards(iter([(images, labels)]), 4)
    curves = eigenlens.sweep((images, labels), ["reconstruct"], test=Loader(images, labels, size=50))
    assert curves[0].accuracy[-1] > 0.5


def test_files(tmp_path):
    eigenlens.generate(tmp_path, 120, 30, shape=(1, 8, 8), classes=4)
    assert eigenlens.Moments.of(tmp_path).count == 120
    assert eigenlens.Moments.of(str(tmp_path), split="test").count == 30
    assert eigenlens.Moments.of(eigenlens.Files(tmp_path, split="test")).count == 30
    dual = eigenlens.Moments.of(tmp_path, form="dual", pretexts=[eigenlens.Mask(patch=2, ratio=0.5)])
    assert dual.form == "dual"
    np.save(tmp_path / "X.npy", np.eye(5, dtype=np.float32))
    with pytest.raises(eigenlens.Error):
        eigenlens.Moments.of(tmp_path / "absent")


def test_exceptions_of_an_iterable_come_through(small):
    images, labels = small

    def failing():
        yield images, labels
        raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="disk"):
        eigenlens.Moments.of(failing())

    class FailingLater:
        times = 0

        def __iter__(self):
            self.times += 1
            yield images, labels
            if self.times > 1:
                raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="disk"):
        eigenlens.Moments.shards(FailingLater(), 3)


@pytest.mark.parametrize("library", ["torch", "jax", "cupy"])
def test_arrays_of(library, small, expected):
    module = pytest.importorskip(library)
    images, labels = small
    if library == "torch":
        loader = module.utils.data.DataLoader(
            module.utils.data.TensorDataset(module.from_numpy(images), module.from_numpy(labels)), batch_size=32
        )
        assert eigenlens.Moments.of(loader) == expected
        assert eigenlens.Moments().update(module.from_numpy(images).bfloat16(), labels).count == 400
        array = module.from_numpy(images)
    else:
        array = (module.numpy if library == "jax" else module).asarray(images)
    if library == "jax":
        assert eigenlens.Moments().update(array.astype(module.numpy.bfloat16), labels).count == 400
    assert eigenlens.Moments().update(array, labels) == expected


def test_hugging_face_itself(small, expected):
    datasets = pytest.importorskip("datasets")
    images, labels = small
    features = datasets.Features({
        "image": datasets.Array2D((8, 8), "uint8"), "label": datasets.ClassLabel(names=["ant", "bee", "cat"])
    })
    data = datasets.Dataset.from_dict({"image": list(images), "label": labels}, features=features)
    np.testing.assert_array_equal(eigenlens.Moments.of(data).gram, expected.gram)


def test_nothing_heavy_is_imported():
    import subprocess

    code = "import sys, eigenlens; print([m for m in ('pandas', 'matplotlib', 'tqdm', 'sklearn', 'torch') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"


def test_layout_of_a_path_reaches_its_reader(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (20, 3, 5, 3), dtype=np.uint8)  # both layouts are possible
    np.save(tmp_path / "x.npy", x)
    of = lambda **options: eigenlens.Moments.of(tmp_path / "x.npy", labels="none", **options)
    assert of(layout="nhwc") == of(layout="nhwc") != of(layout="nchw")
    assert of(layout="nhwc").shape == (3, 3, 5) and of(layout="nchw").shape == (3, 5, 3)
    assert sum(part.count for part in eigenlens.Moments.shards(tmp_path / "x.npy", 2, labels="none", layout="nhwc")) == 20


def test_what_a_path_tells_itself_is_refused(tmp_path, small):
    np.save(tmp_path / "x.npy", small[0])
    for wrong in ({"y": small[1]}, {"shape": (1, 8, 8)}, {"class_names": ["a"]}, {"name": "mine"}, {"label": "y"}):
        with pytest.raises(eigenlens.UsageError, match=next(iter(wrong))):
            eigenlens.Moments.of(tmp_path / "x.npy", **wrong)
    eigenlens.Moments().update(*small).save(tmp_path / "m.safetensors")
    with pytest.raises(eigenlens.UsageError, match="made before"):
        eigenlens.Moments.of(tmp_path / "m.safetensors", split="test")


def test_a_test_set_has_the_layout_of_the_moments():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (200, 5, 4, 3), dtype=np.uint8), rng.integers(0, 3, 200)
    last = eigenlens.Moments(layout="nhwc").update(x, y)
    first = eigenlens.Moments().update(x.transpose(0, 3, 1, 2), y)
    there = eigenlens.probe(last, (x, y), ["reconstruct"])
    assert np.array_equal(there[0].accuracy, eigenlens.probe(first, (x.transpose(0, 3, 1, 2), y), ["reconstruct"])[0].accuracy)


def test_map_style_samples_without_labels_are_samples(small):
    images = np.repeat(small[0][:, None], 3, axis=1)  # N × 3 × 8 × 8

    class MapStyle:
        def __len__(self):
            return len(images)

        def __getitem__(self, i):
            return images[i]

    moments = eigenlens.Moments.of(MapStyle())
    assert moments.count == 400 and moments.shape == (3, 8, 8)


def test_masked_values_are_refused():
    hidden = np.ma.masked_array(np.ones((3, 2)), mask=[[0, 0], [1, 0], [0, 0]])
    with pytest.raises(eigenlens.DataError, match="masked"):
        eigenlens.Moments().update(hidden)
    assert eigenlens.Moments().update(np.ma.masked_array(np.ones((3, 2)))).count == 3
