# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, a class a kind; each is also the built-in exception that a reader of Python expects.

Ctrl-C stops the work at its next step, which may be a whole eigenproblem, and raises KeyboardInterrupt, as anywhere.
"""
from __future__ import annotations

__all__ = [
    "Error",
    "UsageError",
    "DataError",
    "FileError",
    "OutOfMemoryError",
    "NumericalError",
    "UnavailableError",
    "Cancelled",
    "DeviceError",
]


class Error(Exception):
    """Any error of eigenlens; of this class itself it is a bug.

    Attributes
    ----------
    code : int
        The status of the C interface, which is also the exit code of the command line.

    Examples
    --------
    >>> import eigenlens
    >>> try:
    ...     eigenlens.Mask(patch=4, ratio=1.5).specs()
    ... except eigenlens.Error as error:
    ...     print(type(error).__name__, error.code)
    UsageError 2
    """

    code = 1


class UsageError(Error, ValueError):
    """An argument that can never work: an unknown pretext, a K beyond the rank, shapes that do not fit."""

    code = 2


class DataError(Error, ValueError):
    """Data or a file that are damaged or not what they say: NaN, a label beyond the classes, a truncated file."""

    code = 3


class FileError(Error, OSError):
    """The system refused to read or write."""

    code = 4


class OutOfMemoryError(Error, MemoryError):
    """The plan does not fit the memory budget, or the system gave no more memory."""

    code = 5


class NumericalError(Error, ArithmeticError):
    """The mathematics has no answer: constant samples, one class."""

    code = 6


class UnavailableError(Error, RuntimeError):
    """A device, a library, a program or an optional Python package is not there."""

    code = 7


class Cancelled(Error):
    """The work was told to stop."""

    code = 8


class DeviceError(Error, RuntimeError):
    """A GPU or one of its libraries failed while it worked."""

    code = 9


BY_CODE = {
    kind.code: kind
    for kind in (
        Error,
        UsageError,
        DataError,
        FileError,
        OutOfMemoryError,
        NumericalError,
        UnavailableError,
        Cancelled,
        DeviceError,
    )
}
