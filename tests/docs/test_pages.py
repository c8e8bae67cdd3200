# SPDX-License-Identifier: Apache-2.0
"""Man pages and completions, which the program prints of its own commands: they are well formed, they have every command
and option, and the shells make of them what a user expects."""
import os
import re
import shutil
import subprocess

import pytest

from code_blocks import BUILD, PROGRAM

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


def eigenlens(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout


def commands():
    return [page.removeprefix("eigenlens-") for page in eigenlens("man", "--list").split() if page != "eigenlens"]


def need(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


def test_every_command_has_a_page_with_all_its_options():
    assert {"sweep", "plot", "info"} <= set(commands())
    for command in commands():
        page = eigenlens("man", command).replace("\\-", "-")
        assert f"eigenlens-{command} - " in page
        for option in re.findall(r"^  (?:-\w,)?(--[a-z-]+)", eigenlens(command, "--help"), re.MULTILINE):
            assert option in page, f"{command} {option}"
        assert f"eigenlens-{command} (1)" in eigenlens("man").replace("\\-", "-")


def test_pages_are_those_that_the_build_wrote():
    pages = BUILD / "pages" / "man1"
    assert sorted(page.stem for page in pages.iterdir()) == sorted(eigenlens("man", "--list").split())
    assert (pages / "eigenlens-sweep.1").read_text() == eigenlens("man", "sweep")


def test_mandoc_has_no_complaint():
    need("mandoc")
    for page in (BUILD / "pages" / "man1").iterdir():
        found = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True).stdout
        # A date would make two builds of one source differ.
        assert not [line for line in found.splitlines() if "missing date" not in line], found


def test_groff_has_no_complaint():
    need("groff")
    for page in (BUILD / "pages" / "man1").iterdir():
        done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", "-Kutf8", page], capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr


def bash_completions(tmp_path, line):
    """What bash offers for the last word of a line, through the function that it would call."""
    words = re.split(r"([ :=])", line)
    words = [word for word in words if word not in ("", " ")] + ([""] if line.endswith(" ") else [])
    script = """compopt() { :; }  # which works within a completion alone
    source <("$1" completion bash); shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _eigenlens; printf '%s\\n' "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "-c", script, "bash", PROGRAM, *words], cwd=tmp_path, check=True,
                          capture_output=True, text=True)
    assert not done.stderr
    return done.stdout.split()


def test_bash_completes(tmp_path):
    (tmp_path / "curves.json").write_text("")
    (tmp_path / "folder").mkdir()
    assert bash_completions(tmp_path, "eigenlens swe") == ["sweep"]
    assert set(commands()) < set(bash_completions(tmp_path, "eigenlens "))
    assert bash_completions(tmp_path, "eigenlens sweep --pre") == ["--pretext"]
    assert bash_completions(tmp_path, "eigenlens sweep x --form ") == ["auto", "primal", "dual"]
    assert bash_completions(tmp_path, "eigenlens sweep x --pretext ma") == ["mask:patch=", "masks:"]
    assert bash_completions(tmp_path, "eigenlens sweep x --pretext mask:pa") == []
    assert bash_completions(tmp_path, "eigenlens plot cur") == ["curves.json"]
    assert bash_completions(tmp_path, "eigenlens generate ") == ["folder"]
    assert bash_completions(tmp_path, "eigenlens sweep x --device cu") == ["cuda"]
    assert bash_completions(tmp_path, "eigenlens sweep x --threads ") == []


def test_what_pretexts_begin_with_is_what_the_program_expects(tmp_path):
    done = subprocess.run([PROGRAM, "sweep", "/nonexistent", "--pretext", "?"], capture_output=True, text=True)
    forms = re.split(r", (?=[a-z]+[:,]|reconstruct)| or ", done.stderr.split("expected ")[1].strip())
    expected = [re.match(r"[^A-Z]*", form)[0] for form in forms if "=" in form or ":" in form or form == "reconstruct"]
    assert bash_completions(tmp_path, "eigenlens sweep x --pretext ") == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_syntax(tmp_path, shell):
    need(shell)
    script = tmp_path / "completion"
    script.write_text(eigenlens("completion", shell))
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)})
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_fish_completes(tmp_path):
    need("fish")
    (tmp_path / "c.fish").write_text(eigenlens("completion", "fish"))
    ask = "source c.fish; complete -C 'eigenlens sweep --form '; complete -C 'eigenlens lear'"
    done = subprocess.run(["fish", "--no-config", "-c", ask], cwd=tmp_path, check=True, capture_output=True, text=True,
                          env={**os.environ, "HOME": str(tmp_path)})
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["auto", "dual", "primal", "learning"]


def test_unknown_shells_and_pages_are_refused():
    for arguments in (["completion", "powershell"], ["man", "sweeep"]):
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
        assert done.returncode == 2 and arguments[1] in done.stderr
