# SPDX-License-Identifier: Apache-2.0
"""The package as it is installed: what is in it, and that it is the one that was built."""
import eigenlens


def test_is_installed_with_its_version():
    assert eigenlens.__version__.startswith("0.")
