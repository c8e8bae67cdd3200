# SPDX-License-Identifier: Apache-2.0
"""What the tests of code blocks take for a block, and what they find in one that is not run."""
import pytest

import code_blocks
from code_blocks import PROGRAM, commands_in, indented_blocks, read_blocks, unknown_options

PAGE = """# Page

    old style

- a list

    not code

<!-- set-up
touch here
-->
<!-- not run: no such machine -->
```sh
eigenlens sweep DATA --pretext reconstruct \\
    --nonsense | head
```

```
no tag
```
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    (tmp_path / "page.md").write_text(PAGE)
    monkeypatch.setattr(code_blocks, "SOURCE", tmp_path)
    return "page.md"


def test_blocks_are_found_with_their_marks(page):
    setup, sh, untagged = read_blocks(page)
    assert (setup.tag, setup.text) == ("set-up", "touch here\n")
    assert (sh.tag, sh.not_run, sh.line) == ("sh", "no such machine", 13)
    assert untagged.tag == ""
    assert indented_blocks(page) == [3]


def test_commands_are_found_behind_continued_lines():
    assert commands_in("x=1 eigenlens sweep A \\\n  --k 3 | head # eigenlens b\n") == [["sweep", "A", "--k", "3"]]


def test_unknown_commands_and_options_are_found():
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built")
    assert unknown_options(["sweep", "A", "--pretext", "mask:patch=1,ratio=0.5", "--k", "3", "-q"]) == []
    assert unknown_options(["sweep", "A", "--nonsense"]) == ["eigenlens sweep has no option --nonsense"]
    assert unknown_options(["sweeep"]) == ["there is no command 'sweeep'"]
