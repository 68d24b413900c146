package import Config
import HTTP
import Ledger
import Metrics
import Notify
import Record
import Source
package import Support
import Tally

/// The whole sidecar, built from a configuration; it can run several times in one process.
package final class App: Sendable {
  /// The port that `/metrics` is served on.
  package var port: UInt16 { server.port }

  private let server: HTTPServer
  private let ingest: IngestThread
  private let thread: WorkerThread
  private let reloader: Reloader
  private let accessWatch: AccessWatch
  private let queue: PushQueue
  private let client: HTTPClient
  private let courier: CourierTask
  private let proxy: ProxyWatch
  private let link: SharedLink?
  /// Where the reloader finds the server, whose routes know the reloader.
  private let reloaded: Locked<HTTPServer?>

  /// Opens the ledger, binds the port and starts reading.
  ///
  /// `load` gives the configuration anew for a reload.
  package init(
    configuration: Configuration, clock: WallClock = .system, version: String,
    load: @escaping @Sendable () throws(ConfigError) -> Configuration
  ) throws(AppError) {
    let settings = try PipelineSettings(configuration)
    let ledger = try AppError.of { () throws(LedgerError) in
      try CostLedger(options: configuration.ledger, role: .owner)
    }
    guard let wakeup = Wakeup(), let client = HTTPClient() else { throw .noResources }
    let queue = PushQueue(onArrival: { wakeup.send() })
    let outbox = OutboxWriter(
      delivery: Delivery(client: client), clock: clock, onReport: { wakeup.send() })
    let publisher = Publisher(registry: Registry())
    publisher.registry.expose(
      configuration.compatibility,
      since: try AppError.of { () throws(LedgerError) in try ledger.created() })
    let commitTimes = CommitTimes()
    let readiness = Readiness()
    let link = try SharedLink(
      configuration, settings, ledger: ledger, budgets: publisher.budgets,
      delivery: Delivery(client: client), clock: clock
    ) { wakeup.send() }
    let ingest = try AppError.of { () throws(LedgerError) in
      try IngestThread(
        settings: settings, ledger: ledger, publisher: publisher, commitTimes: commitTimes,
        clock: clock, wakeup: wakeup, queue: queue, outbox: outbox, shared: link?.board,
        onStarted: { readiness.isReady = true })
    }
    ingest.send(.note(.start(of: configuration.instance, version, at: clock.now())))
    let proxy = ProxyWatch(clock: clock) { [weak ingest] in ingest?.send(.see($0)) }
    let reloaded = Locked<HTTPServer?>(nil)
    // Weak: the registry's collectors hold the reloader, and the ledger closes with the thread.
    let reloader = Reloader(
      current: configuration, clock: clock, load: load,
      tell: { [weak ingest] in ingest?.send(.note($0)) },
      apply: { [weak ingest, weak registry = publisher.registry] configuration, settings in
        guard let ingest else { return "it is stopping" }
        if let problem = ingest.apply(settings) { return problem }
        link?.apply(settings)
        reloaded.withLock { $0?.allow(configuration.web) }
        proxy.apply(configuration.proxy, prices: settings.prices)
        registry?.expose(configuration.compatibility)
        return nil
      }, allow: { web in reloaded.withLock { $0?.allow(web) } })
    Self.addCollectors(
      to: publisher, commitTimes: commitTimes, reloader: reloader, courier: outbox.courier,
      proxy: proxy, link: link, version: version,
      ledgerPath: configuration.ledger.path)
    let routes = Routes(
      registry: publisher.registry, readiness: readiness, reloader: reloader, clock: clock,
      version: version, push: PushRoute(queue: queue), budgets: publisher.budgets,
      api: API(
        ledgerPath: configuration.ledger.path, live: publisher.live,
        budgets: publisher.budgets, clock: clock,
        configuration: { reloader.current },
        about: AboutSidecar(
          version: version, proxy: { proxy.view },
          pending: { [courier = outbox.courier] in courier.pending })))
    let listening = try AppError.of { () throws(HTTPServerError) in
      try HTTPServer(options: configuration.web, router: routes.router)
    }
    reloaded.withLock { $0 = listening }
    self.reloaded = reloaded
    self.server = listening
    // Before the first line is read, so that declared routes are labels from then on.
    proxy.apply(configuration.proxy, prices: settings.prices)
    guard link?.start() ?? true,
      let thread = WorkerThread.start(name: "ingest", { ingest.run() })
    else {
      proxy.stop()
      link?.stop(within: .seconds(0))
      throw .noResources
    }
    self.link = link
    self.thread = thread
    self.ingest = ingest
    self.reloader = reloader
    accessWatch = AccessWatch(reloader)
    self.queue = queue
    self.client = client
    courier = CourierTask(outbox.courier)
    self.proxy = proxy
  }

  /// Applies the configuration file as it is now, or keeps the old one and says why.
  package func reload() {
    switch reloader.reload() {
    case .success(let message): Log.info(message)
    case .failure(let problem): Log.error(problem.message)
    }
  }

  /// Reads what is left, commits it, and answers the requests that are under way: at most 11 s.
  package func stop() {
    accessWatch.stop()
    // First, so that what was delivered is written down.
    courier.stop(within: .seconds(3))
    proxy.stop()
    ingest.send(.stop)
    thread.join()
    link?.stop(within: .seconds(3))
    client.stop()
    queue.close()
    server.stop(within: .milliseconds(500))
    // Server and reloader would keep each other, and the ledger open.
    reloaded.withLock { $0 = nil }
  }

  private static func addCollectors(
    to publisher: Publisher, commitTimes: CommitTimes, reloader: Reloader, courier: Courier,
    proxy: ProxyWatch, link: SharedLink?, version: String, ledgerPath: String
  ) {
    let process = ProcessCollector()
    // Neither publisher nor reloader, through which the registry would keep itself, and the ledger.
    let (live, budgets) = (publisher.live, publisher.budgets)
    publisher.registry.addCollector { [weak reloader] samples in
      let live = live.withLock { $0 }
      Collectors.collectRecent(live, into: &samples)
      Collectors.collectRateLimits(live, into: &samples)
      Collectors.collectSources(live, into: &samples)
      HealthCollector.collectHealth(live, into: &samples)
      HealthCollector.collectScores(live, into: &samples)
      proxy.collect(unhealthy: HealthCollector.unhealthyProviders(live), into: &samples)
      commitTimes.collect(into: &samples)
      reloader?.collect(into: &samples)
      Collectors.collectPending(
        courier.pending.merging(link?.pending ?? [:]) { $0 + $1 }, into: &samples)
      Collectors.collectBudgets(budgets, into: &samples)
      samples.add(.buildInfo, labels: [version], 1)
      samples.add(.ledgerSize, Double(CostLedger.fileSize(path: ledgerPath)))
      link?.collect(into: &samples)
      samples.addSeriesCounts()
      process.collect(into: &samples)
    }
  }
}

extension LedgerEvent {
  fileprivate static func start(
    of instance: String, _ version: String, at time: Timestamp
  ) -> LedgerEvent {
    LedgerEvent(
      time: time, kind: .start, subject: instance,
      detail: .object(["version": .text(version)]))
  }
}

extension PipelineSettings {
  /// Reads the price list that the configuration names.
  init(_ configuration: Configuration) throws(AppError) {
    var prices: PriceBook?
    if let path = configuration.pricesFile {
      prices = try AppError.of { () throws(PriceBook.Problem) in try PriceBook(path: path) }
    }
    // What is pushed needs the token; without one the path does not exist.
    let pushed = configuration.web.token == nil ? [] : [SourceOptions(input: .push)]
    self.init(
      sources: configuration.sources + pushed, ledger: configuration.ledger,
      labels: configuration.labels, prices: prices, budgets: configuration.allBudgets,
      instance: configuration.instance)
    health = configuration.health
    for options in configuration.receivers {
      receivers[options.name] = try AppError.of { () throws(ClientError) in
        try options.makeReceiver()
      }
      for event in options.events { listeners[event, default: []].append(options.name) }
    }
  }
}
