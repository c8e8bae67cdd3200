#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The paper's 30-curve masking figure, end to end, against a careful NumPy program and against bare eigenproblems.

    figure.py fashion-mnist|cifar10 DATA --peer careful_numpy.py [--runs 3] [--build build]

DATA is the data set's directory. PEER is called as `PEER IMAGES LABELS --out curves.npz` (IDX .gz or .npy) and writes arrays
alignment_pP_rR. Programs run in turn, so that a change of the machine's speed meets them alike; curves are compared before
any time is printed, and too large a difference is a failure. The bare eigenproblems are 30 times one dsyevr of the same size, by bench_eigen in the same run.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

PRETEXTS = [a for p in (1, 2, 4) for a in ("--pretext", f"mask:patch={p},ratio=0:0.99:10")]


def run(command):
    """Seconds, peak bytes and output of a whole process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024, output


def peer_files(name, data, folder):
    if name == "fashion-mnist":
        return [data / "train-images-idx3-ubyte.gz", data / "train-labels-idx1-ubyte.gz"]
    rows = np.concatenate([np.fromfile(data / f"data_batch_{i}.bin", np.uint8).reshape(-1, 3073) for i in range(1, 6)])
    np.save(folder / "images.npy", rows[:, 1:].reshape(-1, 3, 32, 32))
    np.save(folder / "labels.npy", rows[:, 0])
    return [folder / "images.npy", folder / "labels.npy"]


def differences(curves_json, curves_npz):
    """Largest difference of alignment up to K = 2,048 and beyond, over the 30 curves; ends the run if it is too large."""
    ours, theirs = json.load(open(curves_json))["curves"], np.load(curves_npz)
    head = tail = 0.0
    for curve in ours:
        pretext = curve["pretext"]
        name = f"alignment_p{pretext['patch'][0]}_r{pretext['ratio']:.4f}"
        difference = np.abs(np.array(curve["alignment"]) - theirs[name])
        head = max(head, difference[:2048].max())
        tail = max(tail, difference[2048:].max(initial=0.0))
    if len(ours) != len(theirs.files) or head > 1e-9 or tail > 1e-5:
        sys.exit(f"the curves differ from the peer's by {head:.1e} up to K = 2,048 (at most 1e-9) and {tail:.1e} beyond (at "
                 "most 1e-5): no times are given")
    return head, tail


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["fashion-mnist", "cifar10"])
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--peer", type=pathlib.Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    a = parser.parse_args()
    program = str(a.build / "bin" / "eigenlens")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        images = peer_files(a.name, a.data, folder)
        moments = str(folder / "moments.safetensors")
        run([program, "moments", str(a.data), "--quiet", "--out", moments])
        ours = [program, "sweep", str(a.data), *PRETEXTS, "--quiet", "--out", str(folder / "curves.json")]
        peer = [sys.executable, str(a.peer), *map(str, images), "--out", str(folder / "curves.npz")]
        bare = [str(a.build / "bin" / "bench_eigen"), moments, "2", "1"]
        times = {"ours": [], "peer": [], "bare": []}
        memory = {"ours": 0, "peer": 0}
        for _ in range(a.runs):
            for label, command in (("ours", ours), ("peer", peer)):
                seconds, peak, _ = run(command)
                times[label].append(seconds)
                memory[label] = max(memory[label], peak)
            output = run(bare)[2]
            times["bare"].append(30 * float(re.search(r"\| dsyevr, one after another \| \d+ \| ([\d.]+)", output)[1]))
        head, tail = differences(folder / "curves.json", folder / "curves.npz")
        print(output)
    median = {label: statistics.median(values) for label, values in times.items()}
    print(f"{a.name}: 30 curves, median of {a.runs} runs in turn; alignment differs from the peer's by {head:.1e} up to "
          f"K = 2,048 and {tail:.1e} beyond\n")
    print("| program | s | min | against ours | peak memory |\n| --- | --- | --- | --- | --- |")
    for label, title in (("ours", "eigenlens, from the files"), ("peer", "careful NumPy, from the files"),
                         ("bare", "30 bare dsyevr")):
        peak = f"{memory[label] / 1e6:.0f} MB" if label in memory else ""
        print(f"| {title} | {median[label]:.2f} | {min(times[label]):.2f} | {median[label] / median['ours']:.2f} | {peak} |")


if __name__ == "__main__":
    main()
