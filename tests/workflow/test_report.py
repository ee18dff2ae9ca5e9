"""The report in a real browser, without a network; and Snakemake's own report of the same results."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from workflow_project import SMOKE, Project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# no requests to the browser vendor's servers; no sandbox, which containers do not have
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--no-first-run"]
WIDTHS = (1280, 400)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that is installed on this machine."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


def opened(browser: Browser, file: Path, width: int) -> tuple[Page, list[str]]:
    """Open a file offline; return the page, and a list that collects its errors and requests."""
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    page, trouble = context.new_page(), []
    page.on("console", lambda message: trouble.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url[:80]) if _leaves(request.url, file) else None)
    page.goto(file.as_uri())
    return page, trouble


def _leaves(url: str, file: Path) -> bool:
    return url.partition("#")[0] != file.as_uri() and not url.startswith("data:")


@pytest.fixture(scope="module", params=WIDTHS)
def page(browser: Browser, finished: Project, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The finished run's report at one width; in all tests it causes no errors and no requests."""
    page, trouble = opened(browser, finished.folder / "results/smoke/report.html", request.param)
    yield page
    page.context.close()
    assert trouble == []


def column(page: Page, table: str, number: int) -> list[str]:
    """The texts of a displayed table column, from the first row on."""
    return page.locator(f"#{table} tbody tr").evaluate_all(
        "(rows, n) => rows.filter((row) => row.offsetParent).map((row) => row.cells[n].innerText.trim())", number
    )


def test_images(page: Page, finished: Project) -> None:
    """Every figure is shown with a description; a click enlarges it, and Escape closes it."""
    images = page.locator("figure img")
    found = images.evaluate_all("all => all.map((one) => [one.alt, one.naturalWidth, one.complete])")

    drawn = list((finished.folder / "results/smoke/figures").glob("*.png"))
    assert len(found) == len(drawn) >= 4
    assert all(alt and width > 100 and complete for alt, width, complete in found)
    assert page.locator("dialog img").count() == 0
    page.locator("button.enlarge").first.click()
    assert page.locator("dialog[open] img").evaluate("one => one.decode().then(() => one.naturalWidth)") == found[0][1]
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_sorting(page: Page) -> None:
    """A click or key on a header sorts by its numbers, another one reverses the order; empty cells are last."""
    header = page.locator("#all-errors thead th", has_text="RMSE")
    place = header.evaluate("one => one.cellIndex")
    before = [float(text.split()[0]) for text in column(page, "all-errors", place)]
    header.locator("button").click()
    rising = [float(text.split()[0]) for text in column(page, "all-errors", place)]
    assert header.get_attribute("aria-sort") == "ascending"
    header.locator("button").press("Enter")
    falling = [float(text.split()[0]) for text in column(page, "all-errors", place)]

    assert rising == sorted(before) != before
    assert falling == rising[::-1]
    assert header.get_attribute("aria-sort") == "descending"
    assert page.locator("[aria-sort]").count() == 1
    page.locator("#all-errors thead th", has_text="PSR").locator("button").click()
    powers = column(
        page, "all-errors", page.locator("#all-errors thead th", has_text="PSR").evaluate("o => o.cellIndex")
    )
    sent = [float(text) for text in powers if text]
    assert sent == sorted(sent) != sorted(sent, key=str)  # numeric order differs from text order
    assert powers[len(sent) :] == [""] * (len(powers) - len(sent)) != []
    page.locator("#all-errors thead th", has_text="attack").locator("button").click()
    assert (names := column(page, "all-errors", 3)) == sorted(names)


def test_filter(page: Page) -> None:
    """The filter shows the rows with all of its words and their count; an empty filter shows all rows."""
    every = len(column(page, "all-errors", 0))
    page.locator("#filter").fill("NEURAL_ODE fgsm")
    rows = list(zip(*(column(page, "all-errors", place) for place in (1, 3)), strict=True))

    assert rows
    assert {attack for _, attack in rows} == {"fgsm"}
    assert {model for model, _ in rows} == {"neural_ode"}
    assert page.locator("output").inner_text() == f"{len(rows)} of {every} rows"
    page.locator("#filter").fill("")
    assert len(column(page, "all-errors", 0)) == every


def test_fits(page: Page) -> None:
    """The page never scrolls sideways, its texts are legible, and the navigation covers nothing."""
    page.locator("details").evaluate_all("all => all.forEach((one) => (one.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sizes = page.evaluate(
        """() => [...document.body.querySelectorAll("*")]
        .filter((one) => one.offsetParent && [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
    )
    assert min(sizes) >= 13
    for share in (0, 0.5, 1):
        page.evaluate("share => scrollTo(0, share * document.documentElement.scrollHeight)", share)
        navigation, main = (page.locator(name).bounding_box() for name in ("nav", "main"))
        beside = navigation["x"] + navigation["width"] <= main["x"]
        above = navigation["y"] + navigation["height"] <= main["y"]
        assert beside or above
        assert beside == (page.viewport_size["width"] == WIDTHS[0])
        assert not beside or abs(navigation["y"]) < 1  # it stays in view


def test_links(page: Page, finished: Project) -> None:
    """Links lead to anchors on the page or to files beside it."""
    links = page.locator("a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    places = {link[1:] for link in links if link.startswith("#")}
    files = {unquote(urlsplit(link).path) for link in links} - {""}

    assert {"headline", "verdicts", "setup", "figures", "certificates", "matrices", "cells"} <= places
    names = page.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
    assert places <= set(names)
    assert len(names) == len(set(names))
    assert len(files) > 15
    assert [name for name in files if not (finished.folder / "results/smoke" / name).is_file()] == []


def test_content(page: Page, finished: Project) -> None:
    """The page shows the settings, the hardware and the results."""
    text = page.locator("main").inner_text()
    (host,) = json.loads((finished.folder / "results/smoke/provenance.json").read_text())["hardware"]

    for words in ("305 users", "276 users", "60 GHz", "3.5 GHz", "BS1", "kind block", "to_north", "epochs 2"):
        assert words in text
    assert f"{host['host']}: {host['processor']}, {host['cores']} cores" in text
    names = [name.split("\n")[0] for name in column(page, "headline-outdoor", 0)]
    assert "by pgd_linf" in column(page, "headline-outdoor", 4)[names.index("dcnn")]
    assert page.locator("#certified tbody tr").count() == 6
    assert page.locator("#matrix-matrix tbody tr").count() == 2


def test_snakemake_report(browser: Browser, finished: Project, tmp_path: Path) -> None:
    """Snakemake's own report has every figure with its caption, the tables and the page, and opens offline."""
    file = tmp_path / "report.html"
    finished.run("--configfile", SMOKE, "--report", str(file))
    results = json.loads(re.search(r"^\s*var results = (\{.*\});?$", file.read_text(), re.M)[1])

    figures = sorted((finished.folder / "results/smoke/figures").glob("*.png"))
    assert figures
    for figure in figures:
        shown = results[f"results/smoke/figures/{figure.name}"]
        assert re.match("data:image/png;.*base64,", shown["data_uri"])
        assert shown["labels"]["figure"] == figure.stem
        assert "system-message" not in shown["caption"]
    tables = {Path(name).stem for name in results if name.startswith("results/smoke/tables/")}
    assert tables == {"summary", "leaderboard", "verdicts", "convergence", "certified"}
    assert "results/smoke/report.html" in results
    assert finished.planned() == set()
    page, trouble = opened(browser, file, 1280)
    page.get_by_text("Figures").first.click()
    page.get_by_text("outdoor").first.wait_for()
    page.context.close()
    assert [line for line in trouble if not line.startswith("warning: ")] == []
