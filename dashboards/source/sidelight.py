"""Sidelight itself: whether it keeps up, what it cannot use, what it holds and sends."""

import grafana as g
from common import TARGET, UP, quantile, rate

SOURCE = TARGET + ',source=~"$source"'
OK = (g.mapping(1, "ok", "green"), g.mapping(0, "refused", "red"))


def build():
    state = g.row(
        "State",
        g.stat("Version", "What runs, and how many.",
               f"count by (version) (sidelight_build_info{{{TARGET}}})", "none", name="{{version}}",
               text_mode="value_and_name"),
        g.stat("Sources", "Whether all of them can be read.", f"min(sidelight_source_up{{{SOURCE}}})",
               "none", mappings=UP),
        g.stat("Lag", "Age of the oldest bytes not counted yet.",
               f"max(sidelight_source_lag_seconds{{{SOURCE}}})", "s",
               steps=((None, "green"), (10, "orange"), (60, "red"))),
        g.stat("Configuration", "Whether the last change was accepted.",
               f"min(sidelight_config_last_reload_successful{{{TARGET}}})", "none", mappings=OK),
        g.stat("Running for", "Since the last start; counters go on over restarts.",
               f"time() - max(process_start_time_seconds{{{TARGET}}})", "s"),
        g.stat("Ledger", "Size on disk, its write-ahead log included.",
               f"sum(sidelight_ledger_size_bytes{{{TARGET}}})", "bytes"))
    sources = g.row(
        "Sources",
        g.series("Lines read", "Each second, by source.",
                 [(rate("sidelight_source_lines_total", SOURCE, "source"), "{{source}}")], "ops",
                 8),
        g.series("Events counted", "Requests and attempts, each once.",
                 [(rate("sidelight_source_events_total", SOURCE, "source"), "{{source}}")], "ops",
                 8),
        g.series("Events skipped", "Counted before, or told by a better source.",
                 [(rate("sidelight_source_duplicates_total", SOURCE, "source"), "{{source}}")],
                 "ops", 8),
        g.series("Lines that could not be used", "Missing in all other metrics.",
                 [(rate("sidelight_source_rejected_total", SOURCE, "source", "reason"),
                   "{{source}}: {{reason}}")], "ops", 8, stack=True),
        g.series("Bytes behind", "Written but not counted yet.",
                 [(f"sum by (source) (sidelight_source_lag_bytes{{{SOURCE}}})", "{{source}}")],
                 "bytes", 8),
        g.series("Time behind", "Age of the oldest bytes not counted yet; and since the last"
                 " event.",
                 [(f"max by (source) (sidelight_source_lag_seconds{{{SOURCE}}})",
                   "{{source}}: lag"),
                  (f"time() - max by (source) (sidelight_source_last_event_timestamp_seconds"
                   f"{{{SOURCE}}})", "{{source}}: since the last event")], "s", 8))
    ledger = g.row(
        "Ledger and series",
        g.series("Commits", "How long they take.",
                 [(quantile(0.5, "sidelight_ledger_commit_duration_seconds", TARGET), "median"),
                  (quantile(0.99, "sidelight_ledger_commit_duration_seconds", TARGET), "99th")],
                 "s", 8),
        g.heatmap("Commits, spread", "How long they take.",
                  "sidelight_ledger_commit_duration_seconds", TARGET, 8),
        g.series("Ledger", "Size on disk.",
                 [(f"sum by (instance) (sidelight_ledger_size_bytes{{{TARGET}}})",
                   "{{instance}}")], "bytes", 8),
        g.bars("Series by family", "Time series exposed, the fifteen largest.",
               f"topk(15, sum by (family) (sidelight_series{{{TARGET}}}))", "{{family}}"),
        g.series("Values folded", "Values of labels that read other, because their limit was"
                 " reached, within an hour.",
                 [(f"sum by (label) (increase(sidelight_values_folded_total{{{TARGET}}}[1h]))",
                   "{{label}}")], "short", 8, bars=True),
        g.series("Settled late and imported", "Successes that came after their failure had been"
                 " counted, and requests of the past, within an hour.",
                 [(f"sum(increase(sidelight_settled_late_total{{{TARGET}}}[1h]))",
                   "settled late"),
                  (f"sum(increase(sidelight_imported_requests_total{{{TARGET}}}[1h]))",
                   "imported")], "short", 8, bars=True))
    shared = g.row(
        "Shared ledger",
        g.series("Waits to be forwarded", "Counted here, and not yet in the ledger that sidecars"
                 " share; nothing without one.",
                 [(f"sum by (instance) (sidelight_spool_bytes{{{TARGET}}})", "{{instance}}")],
                 "bytes", 8),
        g.series("How old", "The oldest that waits, and the view of all sidecars' spend by which"
                 " budgets are judged.",
                 [(f"max by (instance) (sidelight_spool_age_seconds{{{TARGET}}})",
                   "{{instance}}: waits"),
                  (f"max by (instance) (sidelight_shared_view_age_seconds{{{TARGET}}})",
                   "{{instance}}: view")], "s", 8),
        g.series("Forwarded", "Requests; those that another sidecar had put there; those that were"
                 " dropped; and whether the database is there.",
                 [(rate("sidelight_shared_requests_total", TARGET, "instance"),
                   "{{instance}}: forwarded"),
                  (rate("sidelight_shared_duplicates_total", TARGET, "instance"),
                   "{{instance}}: known"),
                  (rate("sidelight_spool_dropped_requests_total", TARGET, "instance"),
                   "{{instance}}: dropped"),
                  (f"sidelight_shared_ledger_up{{{TARGET}}}", "{{instance}}: up")], "ops", 8))
    notifications = g.row(
        "Notifications",
        g.series("Deliveries", "By receiver and result, within an hour.",
                 [(f"sum by (receiver, result) (increase(llm_notifications_total{{{TARGET}}}[1h]))",
                   "{{receiver}}: {{result}}")], "short", 8, bars=True),
        g.series("Waiting", "Kept in the ledger and tried again.",
                 [(f"sum by (receiver) (llm_notifications_pending{{{TARGET}}})", "{{receiver}}")],
                 "short", 8),
        g.series("The oldest waits for", "Of all that wait; nothing if none does.",
                 [(f"time() - llm_notification_oldest_pending_timestamp_seconds{{{TARGET}}}",
                   "{{instance}}")], "s", 8))
    process = g.row(
        "Process",
        g.series("CPU", "Share of one core.",
                 [(rate("process_cpu_seconds_total", TARGET, "instance"), "{{instance}}")],
                 "percentunit", 8),
        g.series("Memory", "Resident.",
                 [(f"process_resident_memory_bytes{{{TARGET}}}", "{{instance}}")], "bytes", 8),
        g.series("Descriptors and threads", "Open files and sockets; threads.",
                 [(f"process_open_fds{{{TARGET}}}", "{{instance}}: descriptors"),
                  (f"process_threads{{{TARGET}}}", "{{instance}}: threads")], "short", 8))
    return g.dashboard(
        "sidelight-itself", "Sidelight / Sidelight itself",
        "Whether Sidelight keeps up, what it cannot use, what it holds and what it sends.",
        g.variables(("source", "sidelight_source_lines_total")), [],
        [state, sources, ledger, shared, notifications, process])
