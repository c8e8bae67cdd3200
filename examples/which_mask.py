# SPDX-License-Identifier: Apache-2.0
"""Which mask to train with, for a folder of images with a folder a class.

    python examples/which_mask.py FOLDER [--size 40] [--k K] [--out FOLDER]

Images are made squares of `size` pixels. Patch sizes and ratios are searched for the mask that leaves most of the classes in K
features, with a 95 % interval. which-mask.png has the ranking with its intervals, and below it the curves of the best three;
report.html says the same in words. With no more images than each has values, 3 · size², every target looks linear: choose a
`size` below the root of a third of their number.
"""
from __future__ import annotations

import argparse
from pathlib import Path

import eigenlens
import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument("--k", type=int, default=0, help="the features that matter; 0: a tenth of the rank")
    parser.add_argument("--out", type=Path, default=Path("."))
    arguments = parser.parse_args()

    shards = eigenlens.Moments.shards(arguments.folder, 5, resize=arguments.size, crop=arguments.size, skip_bad=10)
    advice = eigenlens.advise(shards, k=arguments.k, progress=True)
    print(advice)
    advice.save(arguments.out / "advice.json")

    noises = [row["pretext"]["spec"] for row in advice.ranked if row["pretext"]["spec"] != "reconstruct"]
    curves = eigenlens.sweep(sum(shards), ["reconstruct", *noises[:3]])
    _, axes = plt.subplots(2, 1, figsize=(9, 9), layout="constrained")
    advice.plot(axes[0])
    curves.plot(axes[1])
    plt.savefig(arguments.out / "which-mask.png", dpi=120)
    eigenlens.report([advice, curves], arguments.out / "report.html")


if __name__ == "__main__":
    main()
