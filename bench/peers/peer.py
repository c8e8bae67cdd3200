# SPDX-License-Identifier: Apache-2.0
"""What the peers share: reading a set, the clock, the comparison with our curves, and the files that are written.

A figure is figure(images, labels, shape, patches, ratios) -> (curves by name, seconds by stage), bytes in host memory to
alignment at every K. A peer brings one, or several ways of the same. Everything it computes is float64.
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


def name_of(patch, ratio):
    return f"alignment_p{patch}_r{ratio:.4f}"


class Stages:
    """Seconds of one stage after another; `synchronize` waits for the device."""

    def __init__(self, synchronize):
        self.synchronize, self.seconds = synchronize, {}
        synchronize()
        self.start = time.perf_counter()

    def ends(self, stage):
        self.synchronize()
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0) + now - self.start
        self.start = now


def primal(peer, stacked):
    """The figure of moments(images, labels) -> (G, M) and curves(G, M, ids, ratios) -> alignment of each: all ratios of a patch in
    one call, or in one each. Without noise every patch has the same curve, which is made once."""
    def figure(images, labels, shape, patches, ratios):
        stages = Stages(peer.synchronize)
        g, m = peer.moments(images, labels)
        stages.ends("moments")
        out = {}
        for patch in patches:
            ids = patch_ids(shape, patch).copy()
            todo = [r for r in ratios if r > 0 or patch == patches[0]]
            for part in [todo] if stacked else [[r] for r in todo]:
                for ratio, curve in zip(part, peer.curves(g, m, ids, part)):
                    out[name_of(patch, ratio)] = curve
            if 0 in ratios:
                out[name_of(patch, 0)] = out[name_of(patches[0], 0)]
        stages.ends("curves")
        return out, stages.seconds
    return figure


def rows_of(times, verified):
    rows = []
    for stage, values in times.items():
        rows.append({"what": stage, "median_s": statistics.median(values), "min_s": min(values), "runs": len(values),
                     "operations": 0, "bytes": 0, "floor_s": 0, "verified": verified if stage == "all" else "", "note": ""})
    return rows


def timed(figure, a, arguments):
    """Curves, the first run's seconds by stage, and those of the others."""
    def one():
        curves, seconds = figure(*arguments)
        return curves, {**seconds, "all": sum(seconds.values())}
    begin = time.perf_counter()
    curves, first = one()
    later = {}
    for _ in range(a.runs):
        if time.perf_counter() - begin > a.limit:
            break
        for stage, seconds in one()[1].items():
            later.setdefault(stage, []).append(seconds)
    return curves, {stage: [seconds] for stage, seconds in first.items()}, later


def finish(report, path):
    """Prints a report and writes it; the exit status."""
    if path:
        with open(path, "w") as file:
            json.dump(report, file, indent=1, ensure_ascii=False)
    for table in report["tables"]:
        for row in table["rows"]:
            print(f"{table['title']}: {row['what']:8s} {row['median_s']:9.3f} s  {row['verified']}")
    for failure in report["failures"]:
        print(f"{report['program']}: {failure['what']}: {failure['why']}", file=sys.stderr)
    return 1 if report["failures"] else 0


def run(ways, name, a, notes):
    """ways: figures by what is said of them; each is compared before it has a time, and one that fails does not stop the next."""
    images, labels = read(a.images), read(a.labels).astype(np.int64)
    if a.count:
        images, labels = images[:a.count], labels[:a.count]
    shape = images.shape[1:] if images.ndim == 4 else (1, *images.shape[1:])
    images = np.ascontiguousarray(images.reshape(len(images), -1))
    first, last, count = a.ratios.split(":")
    arguments = images, labels, shape, [int(p) for p in a.patches.split(",")], np.linspace(float(first), float(last), int(count))
    report = {"program": name, "notes": notes, "tables": [], "failures": []}
    for way, figure in ways.items():
        title = f"{name}, {way}: {len(arguments[3]) * int(count)} curves of {images.shape[0]} × {images.shape[1]} bytes, data in host memory"
        try:
            curves, warm_up, later = timed(figure, a, arguments)
        except (RuntimeError, MemoryError, np.linalg.LinAlgError) as error:
            report["failures"].append({"what": title, "why": str(error).splitlines()[0]})
            continue
        if a.out:
            np.savez_compressed(a.out, **curves)
        verified = "not compared"
        if a.against:
            head, tail = differences(a.against, curves)
            verified = f"alignment {head:.1e} from ours up to K = 2,048, {tail:.1e} beyond"
            if head > HEAD or tail > TAIL:
                report["failures"].append({"what": title, "why": verified})
                continue
        report["tables"].append({"title": title + ", first run", "rows": rows_of(warm_up, verified)})
        if later:
            report["tables"].append({"title": title + ", later runs", "rows": rows_of(later, verified)})
    return finish(report, a.json)
