# SPDX-License-Identifier: Apache-2.0
"""What `Moments.update` of the Python package costs over the same work in C++.

    .venv/bin/python bench/bench_python_update.py [--pairs 9] [--count 60000] [--dimension 784]

Both add the same 60,000 × 784 random bytes: `update` of a NumPy array, and the calls of eigenlens.h that a C++ program would make,
from a shared object that is compiled here. They take turns, in an order that alternates; the ratio is the median of the pairs'.
The sums are compared first.
"""
from __future__ import annotations

import argparse
import ctypes
import subprocess
import tempfile
import time
from pathlib import Path

import eigenlens
import numpy as np

SOURCE = r"""
#include <eigenlens/eigenlens.h>
#include <chrono>
extern "C" double add(const unsigned char* values, const int* labels, long count, long dimension, long classes, long long* corner) {
  eigenlens_samples samples = EIGENLENS_SAMPLES_INIT;
  samples.width = dimension;
  samples.classes = classes;
  eigenlens_device* device = nullptr;
  eigenlens_device_options options = EIGENLENS_DEVICE_OPTIONS_INIT;
  options.name = "cpu";
  if (eigenlens_device_open(&options, &device)) return -1;
  eigenlens_run run = EIGENLENS_RUN_INIT;
  run.device = device;
  const auto begin = std::chrono::steady_clock::now();
  eigenlens_accumulator* accumulator = nullptr;
  eigenlens_batch batch = EIGENLENS_BATCH_INIT;
  batch.count = count;
  batch.dimension = dimension;
  batch.values = values;
  batch.labels = labels;
  eigenlens_moments* moments = nullptr;
  if (eigenlens_accumulator_open(&samples, &run, &accumulator) || eigenlens_accumulator_add(accumulator, &batch) ||
      eigenlens_accumulator_finish(accumulator, &moments)) return -1;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  eigenlens_array gram = EIGENLENS_ARRAY_INIT;
  if (eigenlens_moments_array(moments, "gram", &gram)) return -1;
  *corner = static_cast<const long long*>(gram.data)[0];
  eigenlens_moments_close(moments);
  eigenlens_accumulator_close(accumulator);
  eigenlens_device_close(device);
  return taken.count();
}
"""


def compiled(folder: Path) -> ctypes.CDLL:
    root = Path(__file__).resolve().parents[1]
    library = next(Path(eigenlens.__file__).parent.glob("libeigenlens.so*"), None)
    if library is None:
        raise SystemExit("the package has no libeigenlens: scripts/install-python")
    (folder / "add.cpp").write_text(SOURCE)
    subprocess.run(
        ["c++", "-O2", "-std=c++20", "-shared", "-fPIC", f"-I{root / 'include'}", "-o", folder / "add.so", folder / "add.cpp",
         library, f"-Wl,-rpath,{library.parent}"],
        check=True,
    )
    loaded = ctypes.CDLL(str(folder / "add.so"))
    loaded.add.restype = ctypes.c_double
    return loaded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--count", type=int, default=60000)
    parser.add_argument("--dimension", type=int, default=784)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (arguments.count, arguments.dimension), dtype=np.uint8)
    labels = rng.integers(0, 10, arguments.count).astype(np.int32)
    corner = ctypes.c_longlong()

    def in_python() -> tuple[float, int]:
        begin = time.perf_counter()
        moments = eigenlens.Moments(device="cpu").update(values, labels)
        gram = moments.gram
        return time.perf_counter() - begin, int(gram[0, 0])

    with tempfile.TemporaryDirectory() as folder:
        library = compiled(Path(folder))

        def in_cpp() -> tuple[float, int]:
            taken = library.add(
                values.ctypes.data_as(ctypes.c_void_p), labels.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_long(arguments.count), ctypes.c_long(arguments.dimension), ctypes.c_long(10), ctypes.byref(corner),
            )
            return taken, corner.value

        if in_python()[1] != in_cpp()[1]:
            raise SystemExit("the sums are not the same")
        pairs = []
        for number in range(arguments.pairs):
            order = (in_python, in_cpp) if number % 2 else (in_cpp, in_python)
            taken = {one.__name__: one()[0] for one in order}
            pairs.append((taken["in_python"], taken["in_cpp"]))
    python, cpp = np.array(pairs).T
    rate = values.nbytes / 1e9
    print(f"{arguments.count:,} × {arguments.dimension:,} bytes, {arguments.pairs} pairs")
    print(f"C++     median {np.median(cpp):.4f} s, least {cpp.min():.4f} s, {rate / np.median(cpp):.2f} GB/s")
    print(f"Python  median {np.median(python):.4f} s, least {python.min():.4f} s, {rate / np.median(python):.2f} GB/s")
    print(f"ratio of times, median of pairs: {np.median(python / cpp):.3f}")


if __name__ == "__main__":
    main()
