# SPDX-License-Identifier: Apache-2.0
"""How work behaves: no copies, other threads go on, Ctrl-C, progress."""
import os
import signal
import subprocess
import sys
import threading
import time

import eigenlens
import numpy as np
import pytest


def in_a_process(code, **arguments):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, **arguments)


def test_bytes_in_c_order_are_not_copied():
    code = """
import resource, numpy as np, eigenlens
images = np.ones((1_500_000, 256), np.uint8)          # 384 MB
images[::7] = 3
moments = eigenlens.Moments().update(images[:100_000])  # what the engine needs for itself
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
moments.update(images)
assert moments.count == 1_600_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    answer = in_a_process(code)
    assert answer.returncode == 0, answer.stderr
    assert int(answer.stdout) < 64, "MiB more than before, for 366 MiB of samples"


def test_other_threads_go_on():
    x = np.random.default_rng(0).normal(size=(4000, 1200))
    counted, done = 0, threading.Event()

    def work():
        eigenlens.sweep(eigenlens.Moments().update(x, np.arange(4000) % 5), ["reconstruct"])
        done.set()

    thread = threading.Thread(target=work)
    begin = time.monotonic()
    thread.start()
    while not done.is_set():
        counted += 1
        time.sleep(0.001)
    thread.join()
    # Work that held the GIL would leave a handful of turns.
    assert counted > 20 * (time.monotonic() - begin)


def test_one_device_in_several_threads(small):
    expected = eigenlens.sweep(small, ["mask:patch=2,ratio=0.5"]).alignment
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(eigenlens.sweep(small, ["mask:patch=2,ratio=0.5"]).alignment))
        for _ in range(4)  # moments of their own, one device
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(np.array_equal(one, expected) for one in found)


def test_one_handle_in_several_threads(small):
    moments = eigenlens.Moments().update(*small)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(eigenlens.sweep(moments, ["mask:patch=2,ratio=0.5"]).alignment))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and all(np.array_equal(one, found[0]) for one in found)


def test_control_c_stops_the_work():
    code = """
import numpy as np, eigenlens
x = np.random.default_rng(0).normal(size=(3000, 1000))
moments = eigenlens.Moments().update(x, np.arange(3000) % 5)
print("ready", flush=True)
try:
    eigenlens.sweep(moments, [f"dropout:ratio={r}" for r in np.linspace(0.01, 0.99, 400)])
except KeyboardInterrupt:
    print("stopped", flush=True)
    eigenlens.sweep(moments, ["reconstruct"], k=[1])  # and it still works
    print("again", flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    begin = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    assert process.stdout.readline() == "stopped\n", process.communicate()[1]
    assert time.monotonic() - begin < 20
    out, errors = process.communicate(timeout=60)
    assert out == "again\n", errors


def test_progress(small):
    events = []
    eigenlens.sweep(small, ["reconstruct", "mask:patch=2,ratio=0.5"], progress=lambda *event: events.append(event))
    assert events and all(isinstance(stage, str) and done >= 0 for stage, done, _, _ in events)


def test_what_the_callable_raises_stops_the_work(small):
    class Enough(Exception):
        pass

    def watch(*event):
        raise Enough("seen enough")

    moments = eigenlens.Moments().update(*small)
    with pytest.raises(Enough, match="seen enough"):
        eigenlens.sweep(moments, ["reconstruct"], progress=watch)
    assert len(eigenlens.sweep(moments, ["reconstruct"])) == 1


def test_a_bar(small, capsys, monkeypatch):
    pytest.importorskip("tqdm")
    eigenlens.sweep(small, ["reconstruct"], progress=True)
    eigenlens.Moments.of([small], progress=True)
    assert capsys.readouterr().err == "", "stderr is no terminal here"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    eigenlens.sweep(small, ["reconstruct"], progress=True)
    assert "components" in capsys.readouterr().err
    with pytest.raises(eigenlens.UsageError, match="progress="):
        eigenlens.sweep(small, ["reconstruct"], progress="yes")


def test_packages_that_are_missing_are_named(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    curves = eigenlens.sweep(small, ["reconstruct"])
    with pytest.raises(eigenlens.UnavailableError, match=r"pip install 'eigenlens\[pandas\]'"):
        curves.to_pandas()
    with pytest.raises(eigenlens.UnavailableError, match=r"eigenlens\[progress\]"):
        eigenlens.sweep(small, ["reconstruct"], progress=True)
