# SPDX-License-Identifier: Apache-2.0
"""Reads the code blocks of a Markdown page, and runs them in the order of the page in a folder of the page's own.

What a block is, its tag says:

  sh       bash -euo pipefail, with the program on the PATH
  python   a process of its own, behind the blocks before it on the page
  c, cpp   compiled against the build and run, if it has a main
  cmake    configured, with eigenlens installed
  json     parsed
  toml, yaml, make, diff, text   shown: output, or a file of another program's

A block whose first line is a comment that is a file's name (`# sweep.slurm`, `// example.cpp`) is also that file, for
the blocks behind it; a shell script is then not run by itself, for it has no arguments. An HTML comment directly above a block changes what is done with it:

  <!-- not run: REASON -->    cannot be run here; its syntax, and every command and option of eigenlens in it, are checked
  <!-- set-up                 not shown: run (bash) before what follows, to make what a reader is taken to have
  ...
  -->
"""
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("EIGENLENS_BUILD", SOURCE / "build")).resolve()
PROGRAM = BUILD / "bin" / "eigenlens"
RUN = {"sh", "python", "c", "cpp", "cmake", "json"}
SHOWN = {"text", "toml", "yaml", "make", "diff"}
SECONDS = 240  # a block; a busy machine may take ten times what an idle one does

FENCE = re.compile(r"^(?P<indent> *)```(?P<tag>[A-Za-z]*)(?P<rest>.*)$")
NOT_RUN = re.compile(r"^\s*<!-- not run: (.+) -->\s*$")
FILE_NAME = re.compile(r"^(?:#|//|/\*) ([\w./-]+\.[a-z]+)(?: \*/)?$")


@dataclasses.dataclass
class Block:
    page: str
    line: int  # of the opening fence, from 1
    tag: str  # "" if it has none, "set-up" of a hidden one
    text: str
    not_run: str = ""  # the reason

    @property
    def name(self):
        return f"{self.page}:{self.line}"


def read_blocks(page):
    """All blocks of a page, hidden ones too, in order."""
    blocks, lines, i = [], (SOURCE / page).read_text().split("\n"), 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        if lines[i].startswith("<!-- set-up"):
            end = lines.index("-->", i)
            blocks.append(Block(page, i + 1, "set-up", "\n".join(lines[i + 1 : end]) + "\n"))
        elif fence:
            indent = fence["indent"]
            end = next((j for j in range(i + 1, len(lines)) if lines[j].strip() == "```"), None)
            if end is None:
                raise ValueError(f"{page}:{i + 1}: a fence that never ends")
            text = "\n".join(line.removeprefix(indent) for line in lines[i + 1 : end]) + "\n"
            above = NOT_RUN.match(lines[i - 1]) if i else None
            blocks.append(Block(page, i + 1, fence["tag"], text, above[1] if above else ""))
        else:
            i += 1
            continue
        i = end + 1
    return blocks


def indented_blocks(page):
    """Lines of old-style code blocks: four blanks behind an empty line, outside of fences, comments and lists."""
    found, fenced, in_list = [], False, False
    lines = (SOURCE / page).read_text().split("\n")
    for number, (before, line) in enumerate(zip([""] + lines, lines), 1):
        if line.strip().startswith("```") or line.startswith("<!-- set-up") or (fenced and line == "-->"):
            fenced = not fenced
        elif not fenced and line.strip():
            if re.match(r"\s*([-*]|\d+\.|!!!|===|\?\?\?) ?", line):
                in_list = True
            elif not line.startswith(" "):
                in_list = False
            if line.startswith("    ") and not before.strip() and not in_list:
                found.append(number)
    return found


def commands_in(text):
    """The command lines of eigenlens in a shell script, each a list of words."""
    text = re.sub(r"\\\n\s*", " ", text)
    found = []
    for line in text.split("\n"):
        words = shlex.split(line, comments=True)
        for i, word in enumerate(words):
            if word in ("eigenlens", "build/bin/eigenlens"):
                rest = words[i + 1 :]
                stop = next((j for j, w in enumerate(rest) if w in ("|", "&&", ";", ">", "||", "&")), len(rest))
                found.append(rest[:stop])
                break
    return found


def unknown_options(words):
    """What eigenlens does not know of a command line: complaints, in words."""
    if not words or words[0].startswith("-"):
        command, help_text = [], _help()
    else:
        command, help_text = words[:1], _help(words[0])
        if help_text is None:
            return [f"there is no command '{words[0]}'"]
    complaints = []
    for word in words:
        option = re.match(r"--?[a-z][a-z-]*", word)
        if option and not re.search(rf"(?<![\w-]){re.escape(option[0])}(?![\w-])", help_text):
            complaints.append(f"eigenlens {' '.join(command)} has no option {option[0]}")
    return complaints


def _help(*command):
    done = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, timeout=SECONDS)
    return done.stdout if done.returncode == 0 else None


class Missing(Exception):
    """Something that a block needs is not on this machine: the block is skipped, and says so."""


class Runner:
    """Runs the blocks of one page in one folder."""

    def __init__(self, folder, installed):
        self.folder, self.installed = folder, installed
        self.home = folder / "home"
        self.home.mkdir()
        self.session = []  # the Python blocks so far
        self.environment = {
            **os.environ,
            "HOME": str(self.home),
            "PATH": f"{BUILD / 'bin'}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
            "EIGENLENS_SOURCE": str(SOURCE),
            "EIGENLENS_BUILD": str(BUILD),
            "MPLBACKEND": "Agg",
        }

    def run(self, block):
        """Raises AssertionError with what went wrong, or Missing."""
        name = FILE_NAME.match(block.text.split("\n", 1)[0])
        if name:
            (self.folder / name[1]).write_text(block.text)
        if block.not_run or (name and block.tag == "sh"):
            return self.check(block)
        if "/usr/share/datasets/fashion-mnist" in block.text and not os.path.exists("/usr/share/datasets/fashion-mnist"):
            raise Missing("Fashion-MNIST (package dataset-fashion-mnist) is not on this machine")
        run = {"sh": self.shell, "set-up": self.shell, "python": self.python, "cpp": self.compiled, "c": self.compiled,
               "cmake": self.cmake, "json": lambda b: json.loads(b.text)}
        run[block.tag](block)

    def check(self, block):
        if block.tag == "sh":
            self.process(block, ["bash", "-n"], block.text)
            complaints = [c for words in commands_in(block.text) for c in unknown_options(words)]
            assert not complaints, f"{block.name}: {'; '.join(complaints)}"
        elif block.tag == "python":
            compile(block.text, block.name, "exec")
        elif block.tag in ("c", "cpp"):
            self.compiled(block)

    def process(self, block, command, stdin=None, folder=None):
        done = subprocess.run(command, cwd=folder or self.folder, env=self.environment, input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
        if done.returncode:
            module = re.search(r"ModuleNotFoundError: No module named '(\w+)'", done.stdout)
            if module:
                raise Missing(f"the Python package {module[1]} is not installed")
            raise AssertionError(f"{block.name} ended with status {done.returncode}:\n{block.text}\n{done.stdout[-3000:]}")

    def shell(self, block):
        if "pkg-config" in block.text:
            self.environment["PKG_CONFIG_PATH"] = str(next(self.installed().rglob("pkgconfig")))
            self.environment["LD_LIBRARY_PATH"] = str(BUILD / "lib")
        self.process(block, ["bash", "-euo", "pipefail", "-c", block.text])

    def python(self, block):
        self.process(block, [sys.executable, "-c", "".join(self.session) + block.text])
        self.session.append(block.text)

    def compiled(self, block):
        c = block.tag == "c"
        source = self.folder / f"block-{block.line}.{block.tag}"
        source.write_text(block.text)
        compiler = [os.environ.get("CC", "cc"), "-std=c11"] if c else [os.environ.get("CXX", "c++"), "-std=c++20"]
        flags = ["-Wall", "-Wextra", "-Werror", f"-I{SOURCE / 'include'}"]
        if "int main(" not in block.text:
            return self.process(block, [*compiler, *flags, "-fsyntax-only", str(source)])
        out = str(source.with_suffix(""))
        self.process(block, [*compiler, *flags, str(source), "-o", out, f"-L{BUILD / 'lib'}", "-leigenlens",
                             f"-Wl,-rpath,{BUILD / 'lib'}"])
        if not block.not_run:
            self.process(block, [out])

    def cmake(self, block):
        folder = self.folder / f"cmake-{block.line}"
        folder.mkdir()
        for file in self.folder.glob("*.c*"):
            shutil.copy(file, folder)
        (folder / "CMakeLists.txt").write_text(block.text)
        self.process(block, ["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={self.installed()}"], folder=folder)
