"""What the page shows against what is true: numbers, order, periods, keys, themes, sizes, times."""

import contextlib
import csv
import io
import json
import sqlite3
import statistics
import time
from decimal import Decimal

import page_cases
import support

DRAWN = "performance.getEntriesByName('drawn').length > 0"


def cells(page):
    """The table: name, then the raw numbers of each column."""
    rows = page.evaluate(
        "[...document.querySelectorAll('#usage tbody tr')].map((row) => [row.querySelector('th')"
        ".textContent, ...[...row.querySelectorAll('td')].map((cell) => cell.dataset.value)])")
    return [[row[0], *(Decimal(text) if text else None for text in row[1:])] for row in rows]


def expected(answer, by):
    return [[row["labels"][by] if row["labels"][by] != "none" else f"no {by.replace('_', ' ')}",
             *map(exact, (row["cost"], row["requests"], row["errors"], row["fallbacks"],
                          row["tokens"]["input"], row["tokens"]["output"])),
             exact(row["latency"]["success"])] for row in answer["rows"]]


def exact(number):
    return None if number is None else Decimal(number)


def set_control(page, script, case):
    page.evaluate("performance.clearMarks()")
    page.evaluate(script)
    drawn = page.until(DRAWN)
    return case.stage.checks.that(drawn is True, f"{case.title}: drawn after {script[:60]}")


def choose(case, control, value):
    set_control(case.page, f"{{ const one = document.getElementById('{control}'); one.value = "
                f"'{value}'; one.onchange({{ target: one }}); }}", case)


def press_sort(case, column):
    case.page.evaluate(f"document.querySelector('[data-sort={column}]').click()")


# Called in the page, in British English and Berlin's time.
FUNCTIONS = {
    "format.js": {
        "money(0)": "$0.00", "money(0.1234)": "$0.123", "money(0.004298)": "$0.004298",
        "money(1234.5)": "$1,234.50", "money(123456.7)": "$123,457", "money(null)": "–",
        "brief(9999)": "9,999", "brief(10500)": "10.5k", "brief(999999)": "1M",
        "brief(1234567)": "1.23M", "percent(0.0004)": "0.04%", "percent(0.055)": "5.5%",
        "percent(1)": "100%", "wait(0.34)": "340 ms", "wait(0.9996)": "1 s",
        "wait(2.444)": "2.44 s", "wait(200)": "3 min 20 s", "span(0)": "0 s", "span(59.6)": "1 min",
        "span(90061)": "1 d 1 h", "amount(3, 'requests')": "3 requests"},
    "dom.js": {
        "visible('a\\u202eb')": "a\\u202eb", "visible('a\\u200db')": "a\\u200db",
        "visible('👩\u200d👧')": "👩\u200d👧", "visible('line\\nbreak')": "line\\u000abreak"},
    "state.js": {
        # Clocks went forward on the 29th of March.
        "range({period: '7d'}, 1774800000).from": 1774220400,
        "range({period: '24h'}, 1774800123).from": 1774713600,
        "range({period: '90d'}, 1774800000).step": "1d",
        "range({period: 'custom', from: '2026-03-29', to: '2026-03-29'}, 1774900000)":
            {"from": 1774738800, "to": 1774821600, "step": "1h", "seconds": 3600, "isNow": False}},
}


def functions(case):
    """What the page's modules make of edge cases."""
    for module, calls in FUNCTIONS.items():
        for call, result in calls.items():
            found = case.page.evaluate(
                f"import('/page/{module}').then((module) => module.{call})")
            case.stage.checks.equal(found, result, f"{call} in {module}")


def numbers(case):
    checks, page = case.stage.checks, case.page
    stats = case.api("stats?tz=Europe/Berlin")
    shown = [Decimal(text) for text in page.evaluate(
        "[...document.querySelectorAll('#numbers .value')].map((one) => one.dataset.value)")]
    checks.equal(shown, [exact(stats[name]) for name in (
        "totalCost", "totalRequests", "errorRate", "fallbackRate", "medianFirstToken",
        "medianLatency")], "tiles are the API's")
    metrics = case.sidelight.metrics()
    with contextlib.closing(sqlite3.connect(case.sidelight.ledger)) as ledger:
        cost, requests = ledger.execute("SELECT sum(cost), sum(requests) FROM rollup").fetchone()
    checks.equal(shown[0], Decimal(cost) / 10**9, "spend is the ledger's")
    checks.equal(shown[0], metrics.total("llm_cost_total"), "spend is that of /metrics")
    checks.equal(shown[1], Decimal(requests), "requests are the ledger's")
    checks.equal(shown[1], metrics.total("llm_requests_total"), "requests are those of /metrics")


def usage(case):
    checks, page = case.stage.checks, case.page
    since = case.api("usage")["from"]
    for by in ("model", "provider", "key", "team", "route", "power_level", "status"):
        choose(case, "by", by)
        answer = case.api(f"usage?from={since}&by={by}")
        page.evaluate("document.getElementById('more-rows')?.click()")
        found = cells(page)
        checks.that(f"by={by}" in page.evaluate("location.search") or by == "model",
                    f"{by} is in the address", page.evaluate("location.search"))
        checks.equal(found, expected(answer, by), f"the table by {by} is the API's")
        bars = page.evaluate("(() => { const {datasets} = Chart.getChart('canvas').data; return "
                             "datasets.flatMap(({data}) => data).reduce((a, b) => a + b, 0); })()")
        checks.equal(round(bars * 1e6), round(float(answer["totals"]["cost"]) * 1e6),
                     f"the bars by {by} add up to the whole")
    choose(case, "by", "model")
    for column, place in (("requests", 2), ("input", 5), ("cost", 1)):
        press_sort(case, column)
        found = [row[place] for row in cells(page)]
        checks.equal(found, sorted(found, reverse=True), f"sorted by {column}, the most first")
    press_sort(case, "cost")
    found = [row[1] for row in cells(page)]
    checks.equal(found, sorted(found), "sorted the other way round")
    checks.equal(page.evaluate("location.search"), "?order=asc", "the order is in the address")
    checks.equal(page.evaluate("document.querySelector('th[aria-sort]').getAttribute('aria-sort')"),
                 "ascending", "the order is told to who cannot see it")


def periods(case):
    checks, page = case.stage.checks, case.page
    for period in ("7d", "30d", "90d", "custom"):
        set_control(page, f"document.querySelector('input[value=\"{period}\"]').click()", case)
        total = page.evaluate("document.querySelector('#usage tfoot td').dataset.value")
        checks.equal(Decimal(total), exact(case.api("usage?from=90d")["totals"]["cost"]),
                     f"{period}: the whole is what the API says")
    address = page.evaluate("location.search")
    checks.that("period=custom&order=asc&from=20" in address, "the period is in the address",
                address)
    page.evaluate("history.go(-1)")
    checks.that(page.until("document.querySelector('input[value=\"90d\"]').checked") is True,
                "the back button returns to the period before")


def csv_file(case):
    """The download has the names and numbers of the table."""
    checks, page = case.stage.checks, case.page
    href = page.evaluate("document.getElementById('csv').getAttribute('href')")
    status, body = support.get(case.sidelight.port, href)
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    checks.equal(status, 200, "the CSV is there")
    found = sorted([row["model"].replace("none", "no model"), Decimal(row["cost_usd"]),
                    *(Decimal(row[name]) for name in ("requests", "errors", "fallbacks",
                                                      "input_tokens", "output_tokens"))]
                   for row in rows)
    checks.equal(found, sorted(row[:7] for row in cells(page)),
                 "the CSV has the names and numbers of the table")


def keyboard(case):
    """Tab goes from top to bottom, and what was pressed keeps the focus."""
    checks, page = case.stage.checks, case.page
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    places, names = [], []
    for _ in range(60):
        page.press("Tab", windowsVirtualKeyCode=9)
        place = page.evaluate(
            "[...document.querySelectorAll('*')].indexOf(document.activeElement)")
        if place in places or not page.evaluate("document.activeElement.matches('body *')"):
            break
        places.append(place)
        names.append(page.evaluate(
            "document.activeElement.dataset.sort ?? document.activeElement.id "
            "?? document.activeElement.tagName"))
    checks.that(places == sorted(places) and len(places) > 15, "Tab follows the page",
                f"{len(places)} {names}")
    checks.equal(names[:2], ["", "theme"], "the first stop skips to the content")
    page.evaluate("document.querySelector('[data-sort=requests]').focus()")
    page.press("Enter", windowsVirtualKeyCode=13, text="\r")
    checks.equal(page.evaluate("document.activeElement.dataset.sort"), "requests",
                 "a column sorted by keyboard keeps the focus")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    checks.equal(outline, "solid", "the focus can be seen")


def theme(case):
    checks, page = case.stage.checks, case.page
    page.look(1280, 900, "light")
    back = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(back)
    for theme in ("light", "dark"):
        page.evaluate("document.getElementById('theme').click()")
        checks.equal(page.evaluate("document.documentElement.dataset.theme"), theme,
                     f"the theme can be made {theme}")
    checks.that(page.evaluate(back) != light, "dark is dark")
    page.evaluate("document.getElementById('theme').click()")
    checks.equal(page.evaluate(back), light, "auto is the system's")


def updates(case):
    """What happens shows by itself; while nobody looks nothing is asked."""
    checks, page = case.stage.checks, case.page
    requests = "Number(document.querySelectorAll('#numbers .value')[1].dataset.value)"
    before = page.evaluate(requests)
    with open(case.sidelight.log, "a", encoding="utf-8") as log:
        log.write(json.dumps(page_cases.request(0, time.time() - 1)) + "\n")
    seen = page.until(f"{requests} === {before + 1}", 45)
    checks.that(seen is True, "a new request shows by itself")
    show = ("Object.defineProperty(document, 'hidden', {{configurable: true, value: {}}});"
            "document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate(show.format("true"))
    time.sleep(2)
    asked = len(page.requests)
    time.sleep(13)
    checks.equal(len(page.requests), asked, "nothing is asked while nobody looks")
    page.evaluate(show.format("false"))
    found = support.wait_until(lambda: len(page.requests), lambda found: found > asked, 3)
    checks.that(found > asked, "it is asked again at once when somebody does")


def fits(case, width):
    """Nothing sticks out sideways."""
    case.page.look(width, 800, "light", mobile=width < 600)
    fits = case.page.until(f"document.documentElement.scrollWidth <= {width}", 3)
    case.stage.checks.that(fits is True, f"{case.title}: fits {width} pixels")


def speed(case):
    """Sizes of a first visit, times of further ones."""
    checks, page = case.stage.checks, case.page
    first = case.stage.browser.open(case.url)
    first.until(DRAWN)
    sizes = {entry["url"]: entry["bytes"] for entry in first.requests.values()}
    static = sum(size for url, size in sizes.items() if "/api/" not in url)
    first.close()
    times = []
    for _ in range(5):
        page.evaluate("performance.clearMarks()")
        page.go(case.url)
        page.until(DRAWN)
        times.append(page.evaluate("performance.getEntriesByName('drawn')[0].startTime"))
    drawn = statistics.median(times)
    print(f"     on the wire {static / 1000:.0f} kB, with answers "
          f"{sum(sizes.values()) / 1000:.0f} kB; drawn after {drawn:.0f} ms "
          f"(median of 5, {min(times):.0f} to {max(times):.0f})")
    checks.that(sum(sizes.values()) < 150_000, "below 150 kB on the wire, answers included",
                f"{sum(sizes.values())}")
    # A release on a machine of its own takes a fraction: Tests/benchmark --only page.
    checks.that(drawn < 1500, "drawn within 1.5 s", f"{times}")
