# SPDX-License-Identifier: Apache-2.0
"""Pages that the program wrote, and a browser to open them in; what is missing skips the tests and says so."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
GENERATED = "generate:count=2000,test_count=500,shape=1x16x16,classes=5"
EVIL = "</script><b>\"'&<!--"


@pytest.fixture(scope="session")
def build():
    """The build folder."""
    return Path(os.environ.get("EIGENLENS_BUILD", ROOT / "build"))


@pytest.fixture(scope="session")
def eigenlens(build):
    """Runs the program in a folder."""
    program = (build / "bin" / "eigenlens").resolve()
    if not program.exists():
        pytest.skip(f"{program} is not built")

    def run(folder, *arguments):
        done = subprocess.run([program, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def results(eigenlens, tmp_path_factory):
    """A folder with a result of every kind: of Fashion-MNIST, or of generated images without it."""
    folder = tmp_path_factory.mktemp("results")
    data = FASHION_MNIST if (FASHION_MNIST / "train-images-idx3-ubyte.gz").exists() else GENERATED
    masks = [word for patch in (1, 2, 4) for word in ("--pretext", f"mask:patch={patch},ratio=0:0.99:10")]
    eigenlens(folder, "sweep", data, "--test", data, "--pretext", "reconstruct", *masks, "--out", "curves.json", "-q")
    eigenlens(folder, "sweep", data, "--jackknife", "5", "--pretext", "reconstruct", "--pretext",
              "mask:patch=7,ratio=0.2:0.8:3", "--out", "jackknife.json", "-q")
    eigenlens(folder, "bands", data, "--top", "0.75", "--bottom", "0.25", "--sheet", "sheet.png", "--test", data,
              "--json", "bands.json", "-q")
    eigenlens(folder, "learning", data, "--out", "learning.json", "-q")
    eigenlens(folder, "frontier", data, "--lambda", "log:0.001:10:5", "--out", "frontier.json", "-q")
    eigenlens(folder, "impact", data, "--pretext", "mask:patch=2,ratio=0.3:0.9:3", "--out", "impact.json", "-q")
    return folder


@pytest.fixture(scope="session")
def figure(eigenlens, results):
    """The page of the 30 curves of the masking figure, and no noise."""
    eigenlens(results, "report", "curves.json", "--out", "figure.html")
    return results / "figure.html"


@pytest.fixture(scope="session")
def page(eigenlens, results):
    """The page of every result."""
    names = ["curves", "jackknife", "bands", "learning", "frontier", "impact"]
    eigenlens(results, "report", *[f"{name}.json" for name in names], "--picture",
              "sheet.png=Images and what their bands leave of them", "--out", "page.html")
    return results / "page.html"


@pytest.fixture(scope="session")
def odd_pages(eigenlens, tmp_path_factory):
    """Pages of results that lack something: no curve without noise, one K, no share hidden, no labels."""
    folder = tmp_path_factory.mktemp("odd")
    data = "generate:count=300,test_count=100,shape=3x8x8,classes=4"
    eigenlens(folder, "generate", "images", "--count", "100", "--shape", "1x8x8", "-q")
    kinds = ["joint:lambda=0", "joint:lambda=inf", "gaussian:sigma=0.5", "grid:patch=2,every=2",
             "centre:patch=2,size=2", "keep:patch=2,count=1"]
    commands = {
        "one-mask": ["sweep", data, "--pretext", "mask:patch=2,ratio=0.5"],
        "one-curve": ["sweep", data, "--pretext", "reconstruct"],
        "one-k": ["sweep", data, "--pretext", "reconstruct", "--pretext", "mask:patch=2,ratio=0.5", "--k", "3"],
        "few-k": ["sweep", data, "--pretext", "reconstruct", "--pretext", "dropout:ratio=0.3", "--k", "1,4,16"],
        "kinds": ["sweep", data, "--test", data, *[word for kind in kinds for word in ("--pretext", kind)]],
        "quick": ["impact", data, "--quick", "--pretext", "mask:patch=2,ratio=0.5"],
        "no-labels": ["impact", "images", "--labels", "none", "--pretext", "mask:patch=2,ratio=0.5"],
        "advice": ["advise", data, "--without-labels", "--k", "5"],
        "advised": ["advise", data, "--k", "5"],
        "frontier": ["frontier", data, "--lambda", "1", "--k", "4"],
    }
    for name, command in commands.items():
        eigenlens(folder, *command, "--out", f"{name}.json", "-q")
        eigenlens(folder, "report", f"{name}.json", "--out", f"{name}.html")
    eigenlens(folder, "report", *[f"{name}.json" for name in commands if name != "no-labels"], "--out", "all.html")
    return [folder / f"{name}.html" for name in [*commands, "all"]]


@pytest.fixture(scope="session")
def evil_page(eigenlens, results):
    """A page of a data set whose name tries to be markup."""
    document = json.loads((results / "learning.json").read_text())
    document["dataset"]["name"] = EVIL
    document["provenance"]["command"] = EVIL
    (results / "evil.json").write_text(json.dumps(document))
    eigenlens(results, "report", "evil.json", "--out", "evil.html")
    return results / "evil.html"


@pytest.fixture(scope="session")
def pictures(build):
    """Where screenshots go."""
    folder = build / "browser"
    folder.mkdir(exist_ok=True)
    return folder


def start_browser():
    """Headless Chromium, from Debian's packages."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("chromium and chromium-driver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    driver = start_browser()
    yield driver
    driver.quit()


@pytest.fixture
def show(chromium):
    """Opens a page in a window of this size and theme; scripts may be off."""

    def open_page(path, width=1000, height=1200, theme="light", scripts=True):
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                 {"features": [{"name": "prefers-color-scheme", "value": theme}]})
        chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        chromium.get_log("browser"), chromium.get_log("performance")
        chromium.get(path.as_uri())
        return chromium

    yield open_page
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
