package import Budget
import FoundationEssentials
import Glibc
package import HTTP
package import Health
package import Ledger
package import Metrics
package import Notify
package import Source
import Support
package import Tally

/// All that the configuration file says, checked, with a default for what it leaves out.
package struct Configuration: Sendable, Equatable {
  /// `listen:` and `web:`.
  package var web = WebOptions()
  /// What this Sidelight calls itself in notifications; the host name unless given.
  package var instance: String
  /// `proxy:`.
  package var proxy = ProxyOptions()
  /// Empty only where a token lets events be pushed.
  package var sources = [SourceOptions(input: .files(glob: "/var/log/sidelight/*.jsonl"))]
  /// `ledger:`.
  package var ledger = LedgerOptions()
  /// `labels:`.
  package var labels = LabelOptions()
  /// `health:`.
  package var health = HealthOptions()
  /// `prices.file:`, a price list in LiteLLM's format.
  package var pricesFile: String?
  /// `compat:`, whose families are exposed besides Sidelight's own.
  package var compatibility: [Compatibility] = []
  /// `receivers:`, of different names.
  package var receivers: [ReceiverOptions] = []
  /// `budgets:` of this file.
  package var budgets: [BudgetRule] = []
  /// `include:`, files or patterns for them.
  package var include: [String] = []
  /// The budgets of the included files.
  package var includedBudgets: [BudgetRule] = []
  /// Files that secrets were read from, the configuration itself if one stands in it.
  package var secretFiles: [String] = []

  /// Those of all files, of different names.
  package var allBudgets: [BudgetRule] { budgets + includedBudgets }

  /// Every default, for the host named `instance`.
  package init(instance: String) { self.instance = instance }

  /// What holds without a file on this machine.
  package static let `default` = Configuration(instance: hostName())

  /// The kernel's name for the machine, `localhost` if it has none.
  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let failed = gethostname(&buffer, buffer.count - 1) != 0
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let name = String(decoding: bytes, as: UTF8.self)
    return failed || name.isEmpty ? "localhost" : name
  }
}

extension Configuration {
  /// Where a configuration is looked for when none is named.
  package static let searchPaths = ["sidelight.yaml", "/etc/sidelight/sidelight.yaml"]

  /// The first of `paths` that exists, readable or not; nil if none does.
  package static func find(in paths: [String] = searchPaths) -> String? {
    paths.first { access($0, F_OK) == 0 }
  }

  /// Reads and checks the file; paths in it are relative to its directory.
  ///
  /// Throws everything that is wrong with it at once.
  package static func load(
    path: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ConfigError) -> Configuration {
    let text: [UInt8]
    do {
      text = try BoundedFile.read(path, limit: YAMLDocument.maximumBytes)
    } catch {
      let message = "cannot read the configuration: \(error.reason)"
      throw ConfigError(problems: [ConfigProblem(file: path, mark: nil, message: message)])
    }
    return try decode(text, file: path, environment: environment)
  }

  /// Checks the text of a file called `file`, which itself need not exist.
  static func decode(
    _ text: [UInt8], file: String, environment: [String: String]
  ) throws(ConfigError) -> Configuration {
    let document: YAMLDocument
    do {
      document = try YAMLDocument(text)
    } catch {
      let problem = ConfigProblem(file: file, mark: error.mark, message: error.message)
      throw ConfigError(problems: [problem])
    }
    var decoder = ConfigDecoder(file: file, environment: environment)
    for problem in document.problems { decoder.complain(problem.mark, problem.message) }
    var result = section.blank
    if let root = document.root {
      section.read(Field(node: root, path: ""), into: &result, &decoder)
    }
    if let error = decoder.error { throw error }
    result.secretFiles = decoder.secretFiles
    return result
  }

  /// The keys that differ from `old` but take effect at the next start only.
  package func restartNeeded(from old: Configuration) -> [String] {
    let tls = (web.access.tls == nil) != (old.web.access.tls == nil)
    return Self.section.restartsNeeded(old, self, "") + (tls ? ["web.config_file (TLS)"] : [])
  }

  /// The effective configuration as YAML, secrets shown as `<redacted>`.
  package func redacted() -> String { Self.section.show(self).block }

  /// The effective configuration as one JSON object, secrets shown as `<redacted>`.
  package func redactedJSON() -> String { Self.section.show(self).json.encoded }
}

extension Configuration {
  private static let pricesSection = Section(
    blank: Prices(),
    keys: [
      Key(
        optional: "file", .path("file", expected: "a file such as model_prices.json"), \.file,
        "A price list in LiteLLM's format, for what the log gives no cost of.")
    ])

  private struct Prices: Equatable, Sendable {
    var file: String?
  }

  private var prices: Prices {
    get { Prices(file: pricesFile) }
    set { pricesFile = newValue.file }
  }

  static let section = Section(
    blank: Configuration.default,
    keys: [
      Key(
        "listen", ListenAddress.kind, \.web.listen, change: .byRestart,
        "The address and port of the web server; a port alone means loopback."),
      Key(
        "instance", .text("text", expected: "a name such as proxy-1", limit: 128), \.instance,
        fallback: "the host name", "What this Sidelight calls itself in notifications."),
      Key("web", section: WebOptions.section, \.web),
      Key("proxy", section: ProxyOptions.section, \.proxy),
      Key(
        "sources", listOf: SourceOptions.section, \.sources, mayBeEmpty: true,
        "Where requests are read from; `[]` where all are pushed, which needs `web.token`."),
      Key("ledger", section: LedgerOptions.section, \.ledger),
      Key("labels", section: LabelOptions.section, \.labels),
      Key("health", section: HealthOptions.section, \.health),
      Key("prices", section: pricesSection, \.prices),
      Key(
        "compat", .list(.choice("exporter"), expected: "a list such as [litellm]"),
        \.compatibility,
        "Also exposes the families of LiteLLM's own `/metrics`, for dashboards that exist."),
      Key(
        "receivers", listOf: ReceiverOptions.section, \.receivers, mayBeEmpty: true,
        "Where notifications go; each entry is one service."),
      Key(
        "budgets", listOf: BudgetRule.section, \.budgets, mayBeEmpty: true,
        "Limits on money, requests or tokens, and whom to tell when they are reached."),
      Key(
        "include", IncludedFiles.kind, \.include,
        "Files with `budgets` of their own; patterns with `*`, `?` and `[…]` for several."),
    ],
    complete: { configuration, mapping, decoder in
      SourceOptions.check(
        configuration.sources, takesPushes: configuration.web.token != nil, mapping, &decoder)
      ReceiverOptions.checkNames(configuration.receivers, mapping, &decoder)
      var checks = BudgetChecks(
        extraNames: configuration.labels.extra.map(\.name),
        receivers: configuration.receivers.map(\.name))
      checks.check(mapping["budgets"], &decoder)
      configuration.includedBudgets = IncludedFiles.read(
        mapping["include"], configuration.include, &checks, &decoder)
    })
}
