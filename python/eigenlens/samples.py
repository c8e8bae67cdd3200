# SPDX-License-Identifier: Apache-2.0
"""Samples as the engine takes them: b × D values in C order, of bytes, float32 or float64, on the host or on a GPU."""
from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eigenlens.errors import DataError, UsageError

__all__ = ["HostSamples", "CudaSamples", "Shape", "as_samples"]

Shape = tuple[int, int, int]
"""Channels, height, width."""

SCALARS = {"uint8": 0, "float32": 1, "float64": 2}
_CHUNK = 64 << 20  # bytes added between two looks at Ctrl-C


@dataclass
class HostSamples:
    """N samples of `shape`: an array of N rows in any layout whose rows, read in C order, are the D values."""

    values: npt.NDArray[Any]
    shape: Shape

    @property
    def count(self) -> int:
        return len(self.values)

    @property
    def scalar(self) -> str:
        return str(self.values.dtype)

    def blocks(self) -> Iterator[npt.NDArray[Any]]:
        """b × D in C order, views where that is how the values lie, else copies of at most 64 MiB."""
        dimension = int(np.prod(self.shape))
        step = max(1, _CHUNK // max(1, dimension * self.values.itemsize))
        for begin in range(0, self.count, step):
            part = self.values[begin : begin + step]
            yield np.ascontiguousarray(part).reshape(len(part), dimension)


@dataclass
class CudaSamples:
    """N samples in C order in the memory of a CUDA device; `owner` keeps them there."""

    address: int
    scalar: str
    count: int
    shape: Shape
    stream: int
    owner: Any


def as_samples(x: Any, layout: str, shape: Shape | None, on_cuda: bool) -> HostSamples | CudaSamples:
    """What a user calls samples. `on_cuda`: memory of a CUDA device may stay there."""
    if layout not in ("nchw", "nhwc"):
        raise UsageError(f"layout='{layout}' is unknown: expected 'nchw' or 'nhwc'")
    if isinstance(x, (list, tuple)) and len(x) and hasattr(x[0], "getbands"):  # Pillow's images
        layout, x = "nhwc", np.stack([np.asarray(one) for one in x])
    if hasattr(x, "detach"):  # a tensor, which may have a gradient or be of a type that NumPy lacks
        x = x.detach()
        if "bfloat16" in str(x.dtype):
            x = x.float()
    if hasattr(x, "block_until_ready"):  # JAX computes behind the scenes, and does not say on which stream
        x.block_until_ready()
    interface = _cuda_interface(x)
    if interface is not None:
        if on_cuda:
            found = _cuda_samples(x, interface, layout, shape)
            if found is not None:
                return found
        x = _fetched(x)
    values = _supported(_host_array(x))
    return HostSamples(*_shaped(values, layout, shape))


def _cuda_interface(x: Any) -> dict[str, Any] | None:
    try:
        return dict(x.__cuda_array_interface__)
    except (AttributeError, TypeError, RuntimeError):
        return None


def _fetched(x: Any) -> Any:
    """A copy on the host: PyTorch's, CuPy's, or NumPy's way of asking for it."""
    if hasattr(x, "cpu"):
        return x.cpu()
    return x.get() if hasattr(x, "get") else np.asarray(x)


def _cuda_samples(x: Any, interface: dict[str, Any], layout: str, shape: Shape | None) -> CudaSamples | None:
    """None where the values must be rearranged or converted, which the host does."""
    types = {"|u1": "uint8", "<f4": "float32", "<f8": "float64"}
    dimensions = tuple(interface["shape"])
    size = {"uint8": 1, "float32": 4, "float64": 8}.get(types.get(interface["typestr"], ""), 0)
    dense = tuple(int(size * np.prod(dimensions[i + 1 :])) for i in range(len(dimensions)))
    strides = interface.get("strides")
    if not size or (strides is not None and tuple(strides) != dense) or (len(dimensions) == 4 and layout == "nhwc"):
        return None
    stream = interface.get("stream")
    if stream is None and "torch" in sys.modules and hasattr(x, "is_cuda"):
        # PyTorch does not say on which stream it writes; its default stream is CUDA's, which is spelled 1.
        stream = sys.modules["torch"].cuda.current_stream(x.device).cuda_stream or 1
    _refuse_channels_last(dimensions, shape)
    placed = _place(dimensions, shape)
    return CudaSamples(int(interface["data"][0]), types[interface["typestr"]], dimensions[0], placed, stream or 0, x)


def _host_array(x: Any) -> npt.NDArray[Any]:
    if isinstance(x, np.ndarray):
        if np.ma.is_masked(x):
            raise DataError("the samples are a masked array with values that are masked: fill them in first, x.filled(…)")
        return np.asarray(x)
    if hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__"):
        device = int(x.__dlpack_device__()[0])
        if device in (1, 3):  # the CPU, and memory of it that is pinned for CUDA
            try:
                return np.from_dlpack(x)
            except (BufferError, RuntimeError, TypeError):
                pass  # read-only to some versions of NumPy, or a type that it has not
        elif not hasattr(x, "__array__"):
            raise UsageError("the samples are in the memory of a device that cannot be read from here: copy them to the host")
    try:
        return np.asarray(x)
    except ValueError as error:  # rows of different lengths
        raise DataError(f"the samples make no array of numbers: expected rows of one length, not {type(x).__name__}") from error


def _supported(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """uint8, float32 and float64 as they are; other numbers in the smallest of these that holds them all."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    native = values.dtype.isnative
    if native and str(values.dtype) in SCALARS:
        return values
    if kind == "b":
        return values.view(np.uint8)
    if kind == "f" and size <= 8:
        return values.astype(np.float64 if size == 8 else np.float32)
    if values.dtype.name == "bfloat16":  # of the package ml_dtypes, as JAX's arrays are to NumPy
        return values.astype(np.float32)
    if kind in "iu" and size <= 2:
        return values.astype(np.uint8 if size == 1 and kind == "u" else np.float32)
    if kind in "iu":
        if size == 8 and values.size and max(abs(int(values.max())), abs(int(values.min()))) > 2**53:
            raise DataError("the samples have integers beyond 2**53, which float64 cannot hold")
        return values.astype(np.float64)
    raise UsageError(
        f"samples of type {values.dtype} cannot be used: expected numbers in one array, uint8, float32 or float64 "
        "(bool, float16 and other integers are converted)"
    )


def _shaped(values: npt.NDArray[Any], layout: str, shape: Shape | None) -> tuple[npt.NDArray[Any], Shape]:
    if values.ndim == 4:
        if layout == "nhwc":
            values = values.transpose(0, 3, 1, 2)
        else:
            _refuse_channels_last(values.shape, shape)
    return values, _place(values.shape, shape)


def _refuse_channels_last(dimensions: tuple[int, ...], shape: Shape | None) -> None:
    """Of what is read as N × C × H × W: extents that only make sense the other way."""
    if len(dimensions) == 4 and shape is None and dimensions[1] not in (1, 3, 4) and dimensions[3] in (1, 3, 4):
        raise UsageError(
            f"samples of shape {dimensions} look like N × H × W × C: say layout='nhwc', "
            "or shape=(channels, height, width) if they are N × C × H × W"
        )


def _place(dimensions: tuple[int, ...], shape: Shape | None) -> Shape:
    """Channels, height and width of N × … samples, which `shape` may know better."""
    if len(dimensions) == 1:
        raise UsageError(
            "the samples have one dimension. Expected 2D array, N × D, or images, N × H × W or N × C × H × W. Reshape your "
            "data: x.reshape(1, -1) if it is one sample, x.reshape(-1, 1) if it has one feature"
        )
    if len(dimensions) not in (2, 3, 4):
        raise UsageError(f"samples of shape {dimensions}: expected N × D, N × H × W or N × C × H × W")
    own = tuple(int(n) for n in dimensions[1:])
    found: Shape = (1, 1, own[0]) if len(own) == 1 else (1, own[0], own[1]) if len(own) == 2 else own  # type: ignore
    if shape is None or found == shape:
        return found
    if int(np.prod(found)) != int(np.prod(shape)) or (len(own) > 1 and found != shape):
        raise UsageError(
            f"samples of shape {' × '.join(map(str, found))} do not go with those of shape {' × '.join(map(str, shape))}"
        )
    return shape
