package import Support

/// Holds what is exposed: the ingest thread publishes after each commit, scrapes read.
///
/// Two locks. Publishing takes the first only, for as long as numbers are set; a scrape holds it
/// just to copy the tables (which shares their storage) and does the rest under the second, where
/// a scrape at the same time waits for the same text instead of making its own.
package final class Registry: Sendable {
  struct Snapshot {
    var series = PublishedSeries()
    /// Rises with each `publish`.
    var generation: UInt64 = 0
  }

  private let published: Locked<Snapshot>
  private let renderer: Locked<Renderer>

  /// `created` adds `_created` lines to OpenMetrics; Prometheus 2 makes series of them.
  package init(created: Bool = false) {
    published = Locked(Snapshot())
    renderer = Locked(Renderer(created: created))
  }

  /// Also exposes the families of others; `since` is when all counters were at 0.
  package func expose(_ compatibility: [Compatibility], since: Timestamp? = nil) {
    renderer.withLock {
      $0.countsSince = since ?? $0.countsSince
      $0.compatibility = compatibility
    }
  }

  /// Changes what is exposed, all at once; `body` ought to be short.
  package func publish<Result, Failure: Error>(
    _ body: (inout PublishedSeries) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try published.withLock { (snapshot) throws(Failure) -> sending Result in
      snapshot.generation += 1
      return try body(&snapshot.series)
    }
  }

  /// Adds what is run at each exposition, at most once a second; it must not scrape this registry.
  package func addCollector(_ collect: @escaping @Sendable (inout CollectedSamples) -> Void) {
    renderer.withLock { $0.add(collect) }
  }

  /// The exposition at `now`.
  package func render(_ format: ExpositionFormat, now: Timestamp) -> [UInt8] {
    renderer.withLock { $0.body(format, of: snapshot(), now: now) }
  }

  /// The answer to a scrape with these headers.
  package func response(
    accept: String?, acceptEncoding: String?, now: Timestamp
  ) -> Exposition {
    let choice = Negotiation.format(accept: accept)
    if Negotiation.allowsGzip(acceptEncoding),
      let body = renderer.withLock({
        $0.compressedBody(choice.format, of: snapshot(), now: now)
      })
    {
      return Exposition(contentType: choice.contentType, contentEncoding: "gzip", body: body)
    }
    return Exposition(
      contentType: choice.contentType, contentEncoding: nil,
      body: render(choice.format, now: now))
  }

  private func snapshot() -> Snapshot { published.withLock { $0 } }
}
