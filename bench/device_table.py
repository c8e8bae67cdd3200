#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps what bench/device.sh finds, and makes a table of it. Standard library alone.

    device_table.py name                              the device's name and the date, as files are called
    device_table.py device                            the device's name; says why and fails where none can be used
    device_table.py machine STATE --git TEXT          notes device, driver, libraries and git state
    device_table.py add STATE STEP --status N --seconds S [--result FILE] [--text TEXT]
    device_table.py outcome STATE STEP --git TEXT     done, failed, skipped, or missing: never run for these sources on this device
    device_table.py render STATE TABLE.md

STATE is a JSON file: {"machine": {…}, "steps": {STEP: {"status", "seconds", "device", "result"}}}. A step that runs again replaces what
it was. RESULT is the JSON file of a benchmark, of a peer or of device_tests.py; one that is not there is a step without numbers.
"""
import argparse
import collections
import ctypes
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys

GOALS = """Goals: curves within 1e-9 of the CPU's up to K = 2,048 and 1e-5 beyond; no sanitizer error; the 30-curve figure of 50,000 × 3,072 in
1 s and 20 times faster than PyTorch on the same device; the exact Gram at 70 % of the int8 ceiling or bound by the copy; no stage slower than a peer's."""


def output(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def query(what):
    if not shutil.which("nvidia-smi"):
        return ""
    text = output("nvidia-smi", "--id=0", f"--query-gpu={what}", "--format=csv,noheader")
    return text.splitlines()[0] if text and "failed" not in text.lower() else ""


def usable():
    """The name of the first device as the driver knows it, and why there is none: one of the two is empty."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "", "the driver's library libcuda.so.1 is not there"
    count, device, text = ctypes.c_int(), ctypes.c_int(), ctypes.create_string_buffer(256)
    for what, call in (("cuInit", lambda: driver.cuInit(0)), ("cuDeviceGetCount", lambda: driver.cuDeviceGetCount(ctypes.byref(count)))):
        if (status := call()) != 0:
            return "", f"{what} of the driver answers {status}"
    if count.value < 1 or driver.cuDeviceGet(ctypes.byref(device), 0) != 0 or driver.cuDeviceGetName(text, 256, device) != 0:
        return "", "the driver lists no device"
    return text.value.decode(), ""


def name():
    device = query("name") or usable()[0] or "no-device"
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") + "-" + datetime.date.today().isoformat()


def first_match(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""


def package(module):
    # Asked for by metadata: importing PyTorch takes seconds.
    code = f"import importlib.metadata as m; print([d.name + ' ' + d.version for d in m.distributions() if d.name and d.name.startswith('{module}')][0])"
    text = output("python3", "-c", code).splitlines()
    return text[-1] if text and "Error" not in text[-1] else ""


def machine(git):
    cpu = ""
    if os.path.exists("/proc/cpuinfo"):
        cpu = first_match(r"^model name\s*: (.*)$", open("/proc/cpuinfo").read())
    system = first_match(r'^PRETTY_NAME="(.*)"$', open("/etc/os-release").read()) if os.path.exists("/etc/os-release") else ""
    facts = {
        "device": query("name") or usable()[0], "compute capability": query("compute_cap"), "device memory": query("memory.total"),
        "driver": query("driver_version"), "clocks (SM now, SM at most, memory at most)":
            query("clocks.sm,clocks.max.sm,clocks.max.memory"), "power limit": query("power.limit"),
        "nvcc": first_match(r"release [\d.]+, (V[\d.]+)", output("nvcc", "--version")),
        "compute-sanitizer": first_match(r"[Vv]ersion (.*)$", output("compute-sanitizer", "--version")),
        "compiler": output(os.environ.get("CXX", "g++"), "--version").splitlines()[:1],
        "cmake": first_match(r"version (.*)$", output("cmake", "--version")),
        "python": platform.python_version(), "torch": package("torch"), "cupy": package("cupy"),
        "processor": f"{cpu}, {len(os.sched_getaffinity(0))} threads", "system": f"{system}, Linux {platform.release()}",
    }
    facts["compiler"] = facts["compiler"][0] if facts["compiler"] else ""
    return {"git": git, **{key: value or "not there" for key, value in facts.items()}}


def load(path):
    if os.path.exists(path):
        with open(path) as file:
            return json.load(file)
    return {"format": "eigenlens.device/1", "machine": {}, "steps": {}}


def save(state, path):
    with open(path + ".new", "w") as file:
        json.dump(state, file, indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(path + ".new", path)


def add(a):
    state, result = load(a.state), None
    if a.result and os.path.exists(a.result):
        try:
            with open(a.result) as file:
                result = json.load(file)
        except ValueError:
            result = None
    state["steps"].pop(a.step, None)
    state["steps"][a.step] = {"status": a.status, "seconds": a.seconds, "git": a.git, "device": state["machine"].get("device"), "text": a.text,
                              "when": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "result": result}
    save(state, a.state)


def outcome(state, name_of, git):
    step = state["steps"].get(name_of)
    if not step or (step["git"], step.get("device")) != (git, state["machine"].get("device")):
        return "missing"
    if step["text"].startswith("skipped"):
        return "skipped"
    result = step["result"] or {}
    if step["text"].startswith("stopped") and not (result.get("failed") or result.get("failures")):
        return "missing"
    return "done" if step["status"] == 0 else "failed"


def said(step):
    """What a step came to, in a few words."""
    if step["text"]:
        return step["text"]
    if step["status"] in (124, 137):
        return "stopped at its time limit"
    return "done" if step["status"] == 0 else f"failed (status {step['status']})"


def milliseconds(seconds):
    return f"{1e3 * seconds:,.3f}" if seconds < 1 else f"{1e3 * seconds:,.0f}"


def row_of(row):
    time = row["median_s"]

    def rate(amount):
        return f"{amount / time / 1e9:,.0f}" if amount and time else ""

    share = f"{100 * row['floor_s'] / time:.0f} %" if row["floor_s"] and time else ""
    return (f"| {row['what']} | {milliseconds(time)} | {milliseconds(row['min_s'])} | {row['runs']} | {rate(row['operations'])} | "
            f"{rate(row['bytes'])} | {share} | {row['verified']} | {row['note']} |")


def tests_part(steps):
    lines = []
    for name_of, step in steps.items():
        r = step["result"]
        if not r or "passed" not in r:
            continue
        s = r.get("sanitizer")
        errors = "" if not s else f"{s['errors']} in {s['processes']} processes" + (
            f", {s['without_summary']} without a summary" if s["without_summary"] else "") + (
            f"; {s['in_libraries']} uninitialised reads in NVIDIA's own kernels" if s.get("in_libraries") else "")
        lines.append(f"| {name_of} | {r['passed']} | {len(r['failed'])} | {len(r['skipped'])} | {r['not_run']} | {errors} |")
        lines += [f"| failed: `{test}` | | | | | |" for test in r["failed"]]
        for reason, count in collections.Counter(r["skipped"].values()).most_common(5):
            lines.append(f"| {count} skipped: {reason} | | | | | |")
    if not lines:
        return []
    return ["## Tests", "", "| step | passed | failed | skipped | not run | sanitizer errors |", "| --- | ---: | ---: | ---: | ---: | --- |",
            *lines, ""]


def size_in(title):
    """What a table is about, or None: the same text in ours and the peers'."""
    if found := re.search(r"\d+ curves of \d+ × \d+", title):
        return found[0]
    found = re.search(r"(\d+) samples of bytes.*?(\d+) features, (\d+) classes", title)
    return found and "probe of {} × {}, {} classes".format(*found.groups())


def whole_figures(steps):
    """(size, program) -> median seconds of the whole, later runs before first ones. A peer's program goes with its way; bare
    eigenproblems that follow a figure are a program, too."""
    found = {}
    for name, step in steps.items():
        size = None
        for table in (step["result"] or {}).get("tables", []):
            title = table["title"]
            size = size_in(title) or size
            way = re.match(r"\S+\.py, [^:]+", title)
            for row in table["rows"]:
                bare = re.match(r"\d+ cusolverDnXsyevd of order \d+", row["what"])
                program = bare[0] if bare else way[0] if way else step["result"]["program"]
                if "by tridiagonal" in name and not bare:
                    program += " with our own eigensolver"
                if size and (bare or row["what"] == "all") and (row["runs"] > 1 or (size, program) not in found or "ater runs" in title):
                    found[size, program] = row["median_s"]
    return found


def peers_part(steps):
    found = whole_figures(steps)
    ours = {size: time for (size, program), time in found.items() if program in ("bench_device_figure", "bench_device_probe")}
    lines = []
    for (size, program), time in sorted(found.items()):
        if size in ours:
            lines.append(f"| {size} | {program} | {milliseconds(time)} | {time / ours[size]:.2f} |")
    if not lines:
        return []
    return ["## Against the peers", "", "The whole figure, moments included, or the whole pass over test samples; data in host memory.", "",
            "| figure | program | median ms | against ours |", "| --- | --- | ---: | ---: |", *lines, ""]


def numbers_part(name_of, step):
    r = step["result"]
    if not r or "tables" not in r:
        return []
    lines = [f"## {name_of}", ""]
    lines += [f"- {key}: {value}" for key, value in r["notes"].items()] + [""]
    for failure in r["failures"]:
        lines += [f"**Failed**: {failure['what']}: {failure['why']}", ""]
    for table in r["tables"]:
        if table["rows"]:
            lines += [f"### {table['title']}", "",
                      "| what | median ms | min ms | runs | Gop/s | GB/s | of its floor | verified | note |",
                      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |", *map(row_of, table["rows"]), ""]
    return lines


def render(state, path):
    facts, steps = state["machine"], state["steps"]
    device = facts.get("device", "not there")
    lines = ["# " + ("No device: nothing here is of a GPU" if device == "not there" else device), "", "Made by `bench/device.sh`; the numbers are in the JSON file of the same name.", GOALS, ""]
    lines += [f"- {key}: {value}" for key, value in facts.items()] + [""]
    lines += ["## Steps", "", "| step | outcome | s | git | when (UTC) |", "| --- | --- | ---: | --- | --- |"]
    lines += [f"| {n} | {said(s)} | {s['seconds']:.0f} | {s['git']} | {s['when'][:16]} |" for n, s in steps.items()] + [""]
    lines += tests_part(steps) + peers_part(steps)
    for name_of, step in steps.items():
        lines += numbers_part(name_of, step)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("name")
    commands.add_parser("device")
    for command in ("machine", "add", "outcome", "render"):
        commands.add_parser(command).add_argument("state")
    commands.choices["machine"].add_argument("--git", default="unknown")
    commands.choices["add"].add_argument("step")
    commands.choices["add"].add_argument("--status", type=int, required=True)
    commands.choices["add"].add_argument("--seconds", type=float, required=True)
    commands.choices["add"].add_argument("--git", default="unknown")
    commands.choices["add"].add_argument("--result", default="")
    commands.choices["add"].add_argument("--text", default="")
    commands.choices["outcome"].add_argument("step")
    commands.choices["outcome"].add_argument("--git", required=True)
    commands.choices["render"].add_argument("table")
    a = parser.parse_args()
    if a.command == "name":
        print(name())
    elif a.command == "device":
        device, why = usable()
        print(device or why)
        sys.exit(0 if device else 1)
    elif a.command == "outcome":
        print(outcome(load(a.state), a.step, a.git))
    elif a.command == "machine":
        state = load(a.state)
        state["machine"] = machine(a.git)
        save(state, a.state)
    elif a.command == "add":
        add(a)
    else:
        render(load(a.state), a.table)


if __name__ == "__main__":
    main()
