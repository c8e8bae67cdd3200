# SPDX-License-Identifier: Apache-2.0
"""Every example in a docstring runs, and everything that is public has one."""
import doctest
import importlib
import inspect
from pathlib import Path

import eigenlens
import pytest

# By their files: to pkgutil the CUDA part beside them, a shared library, is a module too.
MODULES = sorted(f.stem for f in Path(eigenlens.__file__).parent.glob("*.py") if not f.stem.startswith("_"))


@pytest.mark.parametrize("name", ["", *MODULES])
def test_examples(name):
    if name == "sklearn":
        pytest.importorskip("sklearn")
    if name == "plots":
        pytest.importorskip("matplotlib").use("agg")
    module = importlib.import_module(f"eigenlens.{name}" if name else "eigenlens")
    # By hand, because a module that is called sklearn confuses doctest's own look-up.
    finder = doctest.DocTestFinder()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in finder.find(module, module.__name__):
        runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("name", [n for n in eigenlens.__all__ if callable(getattr(eigenlens, n))])
def test_everything_public_is_explained(name):
    thing = getattr(eigenlens, name)
    assert inspect.getdoc(thing), f"{name} has no docstring"
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(value), f"{name}.{member} has no docstring"
