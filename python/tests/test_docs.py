# SPDX-License-Identifier: Apache-2.0
"""The Python of README.md and docs/python.md runs, block after block, as a reader would."""
import re

import pytest
from conftest import ROOT


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_blocks_run(page, tmp_path, monkeypatch, capsys):
    if page.startswith("docs"):
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.DOTALL | re.MULTILINE)
    blocks = [block for block in blocks if "eigenlens" in block]
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102
    assert capsys.readouterr().out
