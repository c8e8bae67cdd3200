# SPDX-License-Identifier: Apache-2.0
"""Every code block of the README and of docs/ does what it says: tests/docs/code_blocks.py."""
import subprocess

import pytest

from code_blocks import BUILD, PROGRAM, RUN, SHOWN, SOURCE, Missing, Runner, indented_blocks, read_blocks

PAGES = ["README.md"] + sorted(str(page.relative_to(SOURCE)) for page in (SOURCE / "docs").rglob("*.md"))
BLOCKS = {page: read_blocks(page) for page in PAGES}
TO_RUN = [(page, i) for page in PAGES for i, block in enumerate(BLOCKS[page]) if block.tag in RUN]


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Makes, when it is first called, a folder into which the build is installed."""
    made = []

    def install():
        if not made:
            prefix = tmp_path_factory.mktemp("installed")
            subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
            made.append(prefix)
        return made[0]

    return install


@pytest.fixture(scope="session")
def outcome(tmp_path_factory, installed):
    """outcome(page, i): runs the page up to block i, and says how that one went: None, or what it raised."""
    pages = {}

    def run(page, i):
        if page not in pages:
            pages[page] = (Runner(tmp_path_factory.mktemp("page"), installed), [])
        runner, done = pages[page]
        for block in BLOCKS[page][len(done) : i + 1]:
            try:
                if block.tag in RUN or block.tag == "set-up":
                    runner.run(block)
                done.append(None)
            except (AssertionError, Missing, ValueError, SyntaxError, subprocess.TimeoutExpired) as failure:
                done.append(failure)
        # A block that fails because one before it could not be run is not at fault itself.
        missing = [failure for failure in done[:i] if isinstance(failure, Missing)]
        return missing[0] if missing and done[i] else done[i]

    return run


@pytest.mark.parametrize("page,i", TO_RUN, ids=[BLOCKS[page][i].name for page, i in TO_RUN])
def test_block(page, i, outcome):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built")
    failure = outcome(page, i)
    if isinstance(failure, Missing):
        pytest.skip(str(failure))
    if failure:
        raise failure


@pytest.mark.parametrize("page", PAGES)
def test_set_ups_work(page, outcome):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built")
    for i, block in enumerate(BLOCKS[page]):
        if block.tag == "set-up" and isinstance(failure := outcome(page, i), AssertionError):
            raise failure


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page):
    unknown = [block.name for block in BLOCKS[page] if block.tag not in RUN | SHOWN | {"set-up"}]
    assert not unknown, f"these fences have no tag, or one that no test knows: {', '.join(unknown)}"
    assert not indented_blocks(page), f"{page}: code by indentation, which no test sees, in lines {indented_blocks(page)}"
