# SPDX-License-Identifier: Apache-2.0
"""What the peers of bench_device_probe share: its problem, the comparison with our counts, and the table.

A way is way(features, problem) -> (top1, top5, squared error, its square), each of K = 1 … R and summed over samples, on the host;
`project` of a peer makes the features (N × R) of the bytes in host memory.
"""
import argparse
import pathlib

import numpy as np

import peer

NAMES = ("images", "labels", "mean", "scale", "encoder_transposed", "targets_transposed", "prior")
SUMS = ("top1", "top5", "squared_error", "squared_error_squared")


def parser(description):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--problem", required=True, help="folder by bench_device_probe --problem")
    p.add_argument("--runs", type=int, default=3, help="after one that warms up")
    p.add_argument("--limit", type=float, default=60, help="seconds for each way: no run starts after them")
    p.add_argument("--json", help="times")
    return p


def differences(folder, sums):
    """Largest difference of counts, and relative one of squared errors."""
    ours = [np.load(folder / f"{name}.npy") for name in SUMS]
    counts = max(np.abs(np.round(a) - b).max() for a, b in zip(sums[:2], ours[:2]))
    return counts, max(np.abs(a / b - 1).max() for a, b in zip(sums[2:], ours[2:]))


def run(p, ways, name, a, notes):
    """p: the peer, with synchronize(), upload(problem) of what stays on the device and project(problem, images)."""
    folder = pathlib.Path(a.problem)
    problem = {key: np.load(folder / f"{key}.npy") for key in NAMES}
    images = problem.pop("images")
    r, c = len(problem["mean"]), len(problem["prior"])
    report = {"program": name, "notes": notes, "tables": [], "failures": []}
    held = p.upload(problem)

    def figure(way):
        stages = peer.Stages(p.synchronize)
        features = p.project(held, images)
        stages.ends("centring and projection")
        sums = way(features, held)
        stages.ends("counts, all K")
        return sums, stages.seconds

    for title, way in ways.items():
        title = f"{name}, {title}: probe at every K, {len(images)} samples of bytes in host memory, {r} features, {c} classes"
        try:
            sums, warm_up, later = peer.timed(figure, a, (way,))
        except (RuntimeError, MemoryError) as error:
            report["failures"].append({"what": title, "why": str(error).splitlines()[0]})
            continue
        counts, errors = differences(folder, sums)
        verified = f"counts {counts:.0f} from ours at most, squared errors {errors:.1e}"
        if not (counts <= 2 and errors < 1e-10):  # logits that are equal to rounding may change places
            report["failures"].append({"what": title, "why": verified})
            continue
        report["tables"].append({"title": title, "rows": peer.rows_of(later or warm_up, verified)})
    return peer.finish(report, a.json)
