# SPDX-License-Identifier: Apache-2.0
"""What the peers share: reading a set, the clock, the comparison with our curves, and the files that are written.

A peer brings two functions, moments(images, labels) -> (G, M) and curve(G, M, ids, ratio) -> alignment at every K, and
synchronize(). Everything it computes is float64.
"""
import argparse
import gzip
import json
import statistics
import sys
import time

import numpy as np

# How far a peer's alignment may be from ours, up to K = 2,048 and beyond, for its time to stand. Wider than what we ask of
# ourselves: a peer squares its factor and takes divide and conquer, whose rounding is its own (6e-6 beyond K = 2,048 was met).
HEAD, TAIL = 1e-7, 1e-3


def read(path):
    """.npy or IDX, plain or gzip."""
    if path.endswith(".npy"):
        return np.load(path)
    with gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb") as file:
        raw = file.read()
    sizes = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes)


def patch_ids(shape, patch):
    """The group of every coordinate of C × H × W: patches over all channels."""
    channels, height, width = shape
    rows, cols = np.arange(height) // patch, np.arange(width) // patch
    return np.broadcast_to(rows[:, None] * (cols[-1] + 1) + cols[None, :], (channels, height, width)).ravel()


def parser(description):
    p = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--images", required=True, help=".npy or IDX of uint8, N×H×W or N×C×H×W")
    p.add_argument("--labels", required=True)
    p.add_argument("--patches", default="1,2,4")
    p.add_argument("--ratios", default="0:0.99:10", help="FIRST:LAST:HOW-MANY")
    p.add_argument("--count", type=int, default=0, help="the first images alone")
    p.add_argument("--runs", type=int, default=3, help="after one that warms up")
    p.add_argument("--limit", type=float, default=120, help="seconds: no run starts after them")
    p.add_argument("--against", help=f"our curves (JSON): beyond {HEAD} up to K = 2,048, or {TAIL} after, there are no times")
    p.add_argument("--out", help="curves as .npz")
    p.add_argument("--json", help="times")
    return p


def differences(ours, theirs):
    """Largest difference of alignment up to K = 2,048 and beyond."""
    head = tail = 0.0
    compared = 0
    for curve in json.load(open(ours))["curves"]:
        pretext = curve["pretext"]
        name = f"alignment_p{pretext['patch'][0]}_r{pretext['ratio']:.4f}"
        alignment = np.array(curve["alignment"])
        if name not in theirs or len(theirs[name]) != len(alignment):
            sys.exit(f"{ours} has a curve {name} of {len(alignment)} points, and the peer has not")
        off = np.nan_to_num(np.abs(alignment - theirs[name]), nan=np.inf)
        head, tail = max(head, off[:2048].max()), max(tail, off[2048:].max(initial=0.0))
        compared += 1
    if compared != len(theirs):
        sys.exit(f"{ours} has {compared} curves, the peer {len(theirs)}")
    return head, tail


def figure(peer, images, labels, shape, patches, ratios):
    """The curves, the seconds for the moments and those for the curves."""
    peer.synchronize()
    start = time.perf_counter()
    g, m = peer.moments(images, labels)
    peer.synchronize()
    middle = time.perf_counter()
    curves = {f"alignment_p{p}_r{r:.4f}": peer.curve(g, m, patch_ids(shape, p), r) for p in patches for r in ratios}
    peer.synchronize()
    return curves, middle - start, time.perf_counter() - middle


def rows_of(times, verified):
    rows = []
    for stage, values in times.items():
        rows.append({"what": stage, "median_s": statistics.median(values), "min_s": min(values), "runs": len(values),
                     "operations": 0, "bytes": 0, "floor_s": 0, "verified": verified if stage == "all" else "", "note": ""})
    return rows


def run(peer, name, a, notes):
    images, labels = read(a.images), read(a.labels).astype(np.int64)
    if a.count:
        images, labels = images[:a.count], labels[:a.count]
    shape = images.shape[1:] if images.ndim == 4 else (1, *images.shape[1:])
    images = np.ascontiguousarray(images.reshape(len(images), -1))
    first, last, count = a.ratios.split(":")
    ratios = np.linspace(float(first), float(last), int(count))
    patches = [int(p) for p in a.patches.split(",")]
    begin = time.perf_counter()
    curves, moments, rest = figure(peer, images, labels, shape, patches, ratios)
    warm_up = {"moments": [moments], "curves": [rest], "all": [moments + rest]}
    later = {"moments": [], "curves": [], "all": []}
    for _ in range(a.runs):
        if time.perf_counter() - begin > a.limit:
            break
        _, moments, rest = figure(peer, images, labels, shape, patches, ratios)
        for stage, seconds in (("moments", moments), ("curves", rest), ("all", moments + rest)):
            later[stage].append(seconds)
    if a.out:
        np.savez_compressed(a.out, **curves)
    title = f"{name}: {len(curves)} curves of {images.shape[0]} × {images.shape[1]} bytes, data in host memory"
    report = {"program": name, "notes": notes, "tables": [], "failures": []}
    verified = "not compared"
    if a.against:
        head, tail = differences(a.against, curves)
        verified = f"alignment {head:.1e} from ours up to K = 2,048, {tail:.1e} beyond"
        if head > HEAD or tail > TAIL:
            report["failures"].append({"what": title, "why": verified})
    if not report["failures"]:
        report["tables"].append({"title": title + ", first run", "rows": rows_of(warm_up, verified)})
        if later["all"]:
            report["tables"].append({"title": title + ", later runs", "rows": rows_of(later, verified)})
    if a.json:
        with open(a.json, "w") as file:
            json.dump(report, file, indent=1, ensure_ascii=False)
    for table in report["tables"]:
        for row in table["rows"]:
            print(f"{table['title']}: {row['what']:8s} {row['median_s']:9.3f} s  {row['verified']}")
    for failure in report["failures"]:
        print(f"{name}: {failure['what']}: {failure['why']}", file=sys.stderr)
    return 1 if report["failures"] else 0
