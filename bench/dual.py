#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The 30-curve masking figure of few large images in the dual form, end to end, against a careful NumPy program that does the same.

    dual.py IMAGES.npy LABELS.npy [--patches 8,16,32] [--ratios 0:0.9:10] [--runs 1] [--build build]

Programs run in turn, from the same .npy files; all curves are compared before any time is printed, and too large a difference is a failure.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

LIMIT = 1e-8  # of alignment, at every K


def run(command):
    """Seconds, seconds of all processors and peak bytes of a whole process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed with status {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def difference(curves_json, curves_npz):
    """Largest difference of alignment over all curves and K; ends the run if it is too large."""
    result, theirs = json.load(open(curves_json)), np.load(curves_npz)
    if result["dataset"]["form"] != "dual":
        sys.exit("the curves were not computed in the dual form")
    largest = 0.0
    for curve in result["curves"]:
        name = f"alignment_p{curve['pretext']['patch'][0]}_r{curve['pretext']['ratio']:.4f}"
        ours, other = np.array(curve["alignment"]), theirs[name]
        if len(ours) != len(other):
            sys.exit(f"{name} has {len(ours)} K, the peer's {len(other)}")
        largest = max(largest, np.abs(ours - other).max())
    if len(result["curves"]) != len(theirs.files) or not largest <= LIMIT:
        sys.exit(f"the curves differ by {largest:.1e} (at most {LIMIT}): no times are given")
    return largest, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("labels", type=pathlib.Path)
    parser.add_argument("--patches", default="8,16,32")
    parser.add_argument("--ratios", default="0:0.9:10")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    a = parser.parse_args()
    peer = pathlib.Path(__file__).parent / "peers" / "numpy_dual.py"
    with tempfile.TemporaryDirectory() as name:
        curves, theirs = f"{name}/curves.json", f"{name}/curves.npz"
        specifications = [w for p in a.patches.split(",") for w in ("--pretext", f"mask:patch={p},ratio={a.ratios}")]
        commands = {
            "eigenlens, from the .npy": [str(a.build / "bin" / "eigenlens"), "sweep", str(a.images), "--labels", str(a.labels),
                                         "--layout", "nchw", *specifications, "--form", "dual", "--quiet", "--out", curves],
            "careful NumPy, from the .npy": [sys.executable, str(peer), "--images", str(a.images), "--labels", str(a.labels),
                                             "--patches", a.patches, "--ratios", a.ratios, "--out", theirs]}
        times, busy, memory = {title: [] for title in commands}, {title: [] for title in commands}, {}
        for _ in range(a.runs):
            for title, command in commands.items():
                seconds, processors, memory[title] = run(command)
                times[title].append(seconds)
                busy[title].append(processors)
        largest, result = difference(curves, theirs)
    d = result["dataset"]
    print(f"{d['n']} images of {'x'.join(map(str, d['shape']))} (D = {d['d']}), {len(result['curves'])} curves, R = {d['rank']}; alignment differs "
          f"by {largest:.1e} at most\n")
    for stage in result["timings"]:
        print(f"    {stage['seconds']:8.2f} s  {stage['stage']}")
    ours = statistics.median(next(iter(times.values())))
    print("\n| program | s | against ours | processor s | peak memory |\n| --- | --- | --- | --- | --- |")
    for title, seconds in times.items():
        print(f"| {title} | {statistics.median(seconds):.1f} | {statistics.median(seconds) / ours:.2f} | {statistics.median(busy[title]):.1f} | "
              f"{memory[title] / 1e9:.2f} GB |")


if __name__ == "__main__":
    main()
