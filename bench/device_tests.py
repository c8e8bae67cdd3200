#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs GoogleTest cases on a device, a process a suite, and writes what became of each.

    device_tests.py PROGRAM --filter FILTER --json FILE --log FILE [--seconds S] [--jobs J] [-- WRAPPER ARGUMENT…]

A test that ends its process counts as failed, and the rest of its suite goes on in a new one; what the time did not suffice
for is counted as not run. WRAPPER is a compute-sanitizer command: its summaries are added up, and a process without one counts
as an error. With --own TEXT, uninitialised reads by kernels without TEXT in their names are counted apart: a library may read
what it then does not use. Exit status: 0 if nothing failed and nothing was left.
"""
import argparse
import concurrent.futures
import json
import re
import subprocess
import sys
import threading
import time

RESULT = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (\S+?)(?:,.*)?(?: \(\d+ ms\))?$")
STARTED = re.compile(r"^\[ RUN +\] (\S+)$")
ERRORS = re.compile(r"ERROR SUMMARY: (\d+) error")
# An uninitialised read by a kernel, and the kernel's name.
READS = re.compile(r"^=+ Uninitialized __\w+__ memory read .*\n=+ +at (.*)$", re.MULTILINE)
HAZARDS = re.compile(r"RACECHECK SUMMARY: (\d+) hazards? displayed")


def suites(program, wanted):
    """Suite -> its tests."""
    text = subprocess.run([program, "--gtest_list_tests", f"--gtest_filter={wanted}"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    found, suite = {}, None
    for line in text.splitlines():
        name = line.split("#")[0].strip()
        if line.startswith("  ") and suite:
            found.setdefault(suite, []).append(suite + name)
        elif name.endswith("."):
            suite = name
    return found


def reason_of(lines):
    """What a test said when it skipped: what follows "FILE:LINE: Skipped", up to the traces."""
    start = next((i + 1 for i, line in enumerate(lines) if line.endswith(": Skipped")), 0)
    end = next((i for i, line in enumerate(lines) if line == "Google Test trace:"), len(lines))
    return " ".join(lines[start:end]).strip()[:300]


class Runner:
    def __init__(self, a):
        self.program, self.wrapper, self.jobs, self.own = a.program, a.wrapper, a.jobs, a.own
        self.deadline = time.monotonic() + a.seconds
        self.log, self.lock = open(a.log, "w"), threading.Lock()
        self.passed, self.failed, self.skipped, self.not_run = [], [], {}, []
        self.processes = self.errors = self.silent = self.in_libraries = 0

    def start(self, tests):
        """One process; returns its output, and whether it was stopped at the deadline."""
        command = [*self.wrapper, self.program, "--gtest_color=no", "--gtest_filter=" + ":".join(tests)]
        process = subprocess.Popen(command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            return process.communicate(timeout=max(0.1, self.deadline - time.monotonic()))[0], False
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0], True

    def suite(self, tests):
        left = list(tests)
        while left and time.monotonic() < self.deadline:
            output, stopped = self.start(left)
            with self.lock:
                self.log.write(output)
                self.log.flush()
                left = self.account(output, left, stopped)
        with self.lock:
            self.not_run += left

    def account(self, output, tests, stopped):
        """Notes what the output says of these tests; returns those that it says nothing of."""
        done, running, reason = set(), None, []
        for line in output.splitlines():
            if match := STARTED.match(line):
                running, reason = match[1], []
            elif (match := RESULT.match(line)) and match[2] == running:
                done.add(running)
                if match[1] == "OK":
                    self.passed.append(running)
                elif match[1] == "SKIPPED":
                    self.skipped[running] = reason_of(reason)
                else:
                    self.failed.append(running)
                running = None
            elif running:
                reason.append(line.strip())
        if running and not stopped:  # it took the process with it
            self.failed.append(running)
            done.add(running)
        if self.wrapper and not stopped:
            self.processes += 1
            summaries = ERRORS.findall(output) or HAZARDS.findall(output)
            foreign = sum(self.own not in kernel for kernel in READS.findall(output)) if self.own else 0
            self.in_libraries += foreign
            self.errors += sum(map(int, summaries)) - foreign  # what was not printed counts as ours
            self.silent += not summaries
        left = [test for test in tests if test not in done]
        if len(left) == len(tests) and not stopped:  # it did not even start: once is enough
            self.failed.append(tests[0])
            return left[1:]
        return left

    def run(self, found):
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for job in [pool.submit(self.suite, tests) for tests in found.values()]:
                job.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--filter", required=True)
    parser.add_argument("--json", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--own", default="", help="part of the names of our own kernels")
    arguments = sys.argv[1:]
    wrapper = arguments[arguments.index("--") + 1:] if "--" in arguments else []
    a = parser.parse_args(arguments[:arguments.index("--")] if wrapper else arguments)
    a.wrapper = wrapper
    runner = Runner(a)
    runner.run(suites(a.program, a.filter))
    result = {"filter": a.filter, "passed": len(runner.passed), "failed": sorted(runner.failed), "skipped": runner.skipped,
              "not_run": len(runner.not_run)}
    if wrapper:
        result["sanitizer"] = {"processes": runner.processes, "errors": runner.errors, "without_summary": runner.silent,
                               "in_libraries": runner.in_libraries}
    with open(a.json, "w") as file:
        json.dump(result, file, indent=1)
    print(f"{len(runner.passed)} passed, {len(runner.failed)} failed, {len(runner.skipped)} skipped, "
          f"{len(runner.not_run)} not run" + (f", {runner.errors} sanitizer errors" if wrapper else ""))
    for name in runner.failed:
        print(f"  failed: {name}")
    clean = not (runner.failed or runner.not_run or runner.errors or runner.silent)
    sys.exit(0 if clean and runner.passed else 1)


if __name__ == "__main__":
    main()
