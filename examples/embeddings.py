# SPDX-License-Identifier: Apache-2.0
"""What the embeddings of a network keep of the classes, and in how many directions.

    python examples/embeddings.py [DATA] [--count 4000] [--out FOLDER]

So that nothing needs to be downloaded, the network is a small one that is trained here for a few seconds: scikit-learn's
multilayer perceptron, on some classes of the images alone; its hidden layer is the embedding. With a pretrained network of your own
only `embed` changes: a PyTorch model would do

    for images, labels in loader:                                  # torch.utils.data.DataLoader
        moments.update(model(images.cuda()), labels)               # float32 in GPU memory stays there
"""
from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import eigenlens
import matplotlib
import numpy as np
from sklearn.neural_network import MLPClassifier

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

WIDTH = 64


def read(data: str, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first images and labels of a data set, as the engine reads it."""
    dataset = eigenlens.Files(data, split=split, batch=count).open()
    values, labels = dataset.next()
    return np.array(values[:count]), np.array(labels[:count])


def train(images: np.ndarray, labels: np.ndarray) -> MLPClassifier:
    """The stand-in for a pretrained network. It has seen the lower half of the classes alone."""
    seen = labels < (labels.max() + 1) // 2
    network = MLPClassifier((WIDTH,), max_iter=15, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is stopped early on purpose
        return network.fit(images[seen] / 255.0, labels[seen])


def embed(network: MLPClassifier, images: np.ndarray) -> np.ndarray:
    """N × 64: its hidden layer."""
    return np.maximum(images / 255.0 @ network.coefs_[0] + network.intercepts_[0], 0).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--out", type=Path, default=Path("."))
    arguments = parser.parse_args()
    images, labels = read(arguments.data, "train", arguments.count)
    test_images, test_labels = read(arguments.data, "test", arguments.count // 4)
    network = train(images, labels)

    moments = eigenlens.Moments(name="embeddings")
    for begin in range(0, len(images), 500):  # batch by batch, as a loader gives them
        moments.update(embed(network, images[begin : begin + 500]), labels[begin : begin + 500])
    test = embed(network, test_images), test_labels
    curves = eigenlens.sweep(moments, [eigenlens.Reconstruct(), eigenlens.Dropout([0.3, 0.7])], test=test)
    pixels = eigenlens.sweep((images, labels), "reconstruct", test=(test_images, test_labels))
    print(curves)
    best = 100 * curves["reconstruct"].accuracy.max()
    print(f"a linear classifier on {WIDTH} embedded features: {best:.1f} %; on the pixels: {100 * pixels[0].accuracy.max():.1f} %")
    ax = curves.plot()
    ax.plot(pixels[0].k[:WIDTH], 100 * pixels[0].accuracy[:WIDTH], color="#666666", linestyle=":", label="pixels")
    ax.legend(frameon=False)
    plt.savefig(arguments.out / "embeddings.png", dpi=120)


if __name__ == "__main__":
    main()
