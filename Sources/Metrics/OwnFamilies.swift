extension Catalogue {
  /// What Sidelight knows and does not know.
  static let sidelight = Section(
    title: "Sidelight itself",
    descriptors: [
      Descriptor(
        .buildInfo, "sidelight_build_info", .gauge, [.version], origin: .collected,
        help: "Always 1; the version that runs is the label.")
    ] + sources + [
      Descriptor(
        .importedRequests, "sidelight_imported_requests_total", .counter,
        help: "Requests of the past that sidelight import put into the ledger; they are in no"
          + " other counter."),
      Descriptor(
        .settledLate, "sidelight_settled_late_total", .counter,
        help: "Successes that came after their failure had been counted as the outcome: they"
          + " add tokens and cost, but no second request."),
      Descriptor(
        .ledgerCommitDuration, "sidelight_ledger_commit_duration_seconds", .histogram(.commit),
        unit: .micro, origin: .collected,
        help: "How long commits of the ledger took since the start."),
      Descriptor(
        .ledgerSize, "sidelight_ledger_size_bytes", .gauge, origin: .collected,
        help: "Size of the ledger on disk, its write-ahead log included."),
    ] + shared + [
      Descriptor(
        .series, "sidelight_series", .gauge, [.family], origin: .collected,
        help: "Time series exposed in each family; of a histogram all buckets, sum and count."),
      Descriptor(
        .valuesFolded, "sidelight_values_folded_total", .counter, [.label],
        help: "Values of the label that read other because the limit for it was reached; raise"
          + " it under labels in the configuration."),
      Descriptor(
        .reloadSuccessful, "sidelight_config_last_reload_successful", .gauge, origin: .collected,
        help:
          "1 if the last attempt to load the configuration succeeded, 0 if the old one is in force."
      ),
      Descriptor(
        .reloadTime, "sidelight_config_last_reload_success_timestamp_seconds", .gauge,
        origin: .collected,
        help: "When the configuration in force was loaded, in seconds since 1970."),
    ])

  private static let shared = [
    Descriptor(
      .sharedUp, "sidelight_shared_ledger_up", .gauge, origin: .collected,
      help: "1 if this sidecar is connected to the shared ledger, 0 if it spools; absent without"
        + " one."),
    Descriptor(
      .spoolBytes, "sidelight_spool_bytes", .gauge, origin: .collected,
      help: "Bytes in the local ledger that wait to be forwarded to the shared one."),
    Descriptor(
      .spoolAge, "sidelight_spool_age_seconds", .gauge, origin: .collected,
      help: "How long the oldest of them has waited; 0 if nothing waits."),
    Descriptor(
      .spoolDropped, "sidelight_spool_dropped_requests_total", .counter, origin: .collected,
      help: "Requests that the shared ledger misses since the start of this process: the spool had"
        + " no room for them, or the database refused them."),
    Descriptor(
      .sharedRequests, "sidelight_shared_requests_total", .counter, origin: .collected,
      help: "Requests forwarded to the shared ledger since the start of this process."),
    Descriptor(
      .sharedDuplicates, "sidelight_shared_duplicates_total", .counter, origin: .collected,
      help: "Requests that another sidecar had put into the shared ledger before, since the start"
        + " of this process."),
    Descriptor(
      .sharedViewAge, "sidelight_shared_view_age_seconds", .gauge, origin: .collected,
      help: "How old the view of all sidecars' spend is by which budgets are shown and the gate"
        + " decides; over 10 s the gate is in doubt."),
  ]

  private static let sources = [
    Descriptor(
      .sourceLines, "sidelight_source_lines_total", .counter, [.source],
      help: "Lines read, or messages of a source that has no lines."),
    Descriptor(
      .sourceBytes, "sidelight_source_bytes_total", .counter, [.source], help: "Bytes read."),
    Descriptor(
      .sourceEvents, "sidelight_source_events_total", .counter, [.source],
      help: "Requests and attempts counted, each once however often it arrived."),
    Descriptor(
      .sourceDuplicates, "sidelight_source_duplicates_total", .counter, [.source],
      help: "Events skipped because they had been counted before or came through a better"
        + " source."),
    Descriptor(
      .sourceRejected, "sidelight_source_rejected_total", .counter, [.source, .reason],
      help: "Lines that could not be used and are missing in all other counters."),
    Descriptor(
      .sourceUp, "sidelight_source_up", .gauge, [.source], origin: .collected,
      help: "1 if the source can be read, 0 if not."),
    Descriptor(
      .sourceInfo, "sidelight_source_info", .gauge, [.source, .format, .attempts],
      origin: .collected,
      help: "Always 1; attempts=partial means that attempts beyond the first failure are not in"
        + " this format and what depends on them is a lower bound."),
    Descriptor(
      .sourceLastEvent, "sidelight_source_last_event_timestamp_seconds", .gauge, [.source],
      unit: .micro, help: "The latest time of an event read, in seconds since 1970."),
    Descriptor(
      .sourceLagBytes, "sidelight_source_lag_bytes", .gauge, [.source], origin: .collected,
      help: "Bytes written but not read yet."),
    Descriptor(
      .sourceLagSeconds, "sidelight_source_lag_seconds", .gauge, [.source], origin: .collected,
      help: "Age of the oldest bytes not read yet; 0 when all is read."),
  ]

  /// The families that every Prometheus client library has.
  static let process = Section(
    title: "Process",
    descriptors: [
      Descriptor(
        .processCPU, "process_cpu_seconds_total", .counter, [], origin: .collected,
        help: "User and system CPU time spent in seconds."),
      Descriptor(
        .residentMemory, "process_resident_memory_bytes", .gauge, origin: .collected,
        help: "Resident memory size in bytes."),
      Descriptor(
        .virtualMemory, "process_virtual_memory_bytes", .gauge, origin: .collected,
        help: "Virtual memory size in bytes."),
      Descriptor(
        .openFDs, "process_open_fds", .gauge, origin: .collected,
        help: "Number of open file descriptors."),
      Descriptor(
        .maxFDs, "process_max_fds", .gauge, origin: .collected,
        help: "Maximum number of open file descriptors."),
      Descriptor(
        .processStart, "process_start_time_seconds", .gauge, origin: .collected,
        help: "Start time of the process in seconds since 1970."),
      Descriptor(
        .processThreads, "process_threads", .gauge, origin: .collected, help: "Number of threads."),
    ])
}
