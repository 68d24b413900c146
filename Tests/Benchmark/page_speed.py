"""How soon the page is drawn, and what comes over the wire, from a sidecar that is warm."""

import statistics

import browser
import page_cases
import page_checks
import support

VISITS = 15


def measure():
    """Bytes of a first visit, of them the answers of the API; milliseconds of further visits."""
    workspace = support.Workspace(limit=300)
    sidelight = support.Sidelight(workspace, more=page_cases.BUDGETS)
    lines = page_cases.write(sidelight.log, page_cases.captured(page_cases.now()))
    sidelight.start().caught_up(lines)
    page = browser.Browser(workspace).open(f"http://127.0.0.1:{sidelight.port}/")
    page.until(page_checks.DRAWN)
    sizes = {entry["url"]: entry["bytes"] for entry in page.requests.values()}
    answers = sum(size for url, size in sizes.items() if "/api/" in url)
    times = []
    for _ in range(VISITS):
        page.evaluate("performance.clearMarks()")
        page.go(f"http://127.0.0.1:{sidelight.port}/")
        page.until(page_checks.DRAWN)
        times.append(page.evaluate("performance.getEntriesByName('drawn')[0].startTime"))
    workspace.close()
    return sum(sizes.values()), answers, statistics.median(times), max(times)
