import FoundationEssentials
import HTTP

/// What an answer to a probe says.
enum ProbeAnswer: Sendable, Equatable {
  case alive
  case ready(version: String?)
  case details(version: String?)
  case models([ProxyView.Deployment])
  /// Empty while the proxy's first check in the background is under way.
  case health([Check])

  /// What `/health` says of one deployment.
  struct Check: Sendable, Equatable {
    var deployment: String
    /// LiteLLM's name of the model, provider included.
    var model: String
    var isUp: Bool
    var status: Int?
  }

  /// Why an answer is none.
  struct Problem: Error, Equatable {
    var text: String
    init(_ text: String) { self.text = text }
  }

  /// Entries of a list beyond this many are not looked at.
  static let mostEntries = 10_000

  /// Reads what came back from `probe`; whatever it is, it is taken for hostile.
  init(_ probe: Probe, _ response: ClientResponse) throws(Problem) {
    guard response.status == 200 else { throw Self.refusal(response) }
    switch probe {
    case .liveliness: self = .alive
    case .readiness:
      self = .ready(version: try Self.decode(Readiness.self, response).version?.short)
    case .details:
      self = .details(version: try Self.decode(Readiness.self, response).version?.short)
    case .models:
      let entries = try Self.decode(ModelList.self, response).entries
      let deployments = entries.prefix(Self.mostEntries).compactMap(\.deployment)
      guard !deployments.isEmpty || entries.isEmpty else {
        throw Problem("lists no entry with a model_name and litellm_params.model")
      }
      self = .models(deployments)
    case .health:
      let health = try Self.decode(HealthReport.self, response)
      self = .health(
        health.healthy.prefix(Self.mostEntries).compactMap { $0.check(isUp: true) }
          + health.unhealthy.prefix(Self.mostEntries).compactMap { $0.check(isUp: false) })
    }
  }

  private static func refusal(_ response: ClientResponse) -> Problem {
    switch response.status {
    case 401, 403: Problem("answers \(response.status): the key is missing or not accepted")
    case 300..<400: Problem("answers \(response.status), and redirects are not followed")
    default: Problem("answers \(response.status)")
    }
  }

  private static func decode<Body: Decodable>(
    _ type: Body.Type, _ response: ClientResponse
  ) throws(Problem) -> Body {
    do { return try JSONDecoder().decode(type, from: Data(response.body)) } catch {
      throw Problem("answers with something that LiteLLM does not send")
    }
  }
}

/// `/health/readiness`, which older releases let tell the version.
private struct Readiness: Decodable {
  let version: String?

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    // Whatever answers on that path without it is not LiteLLM.
    _ = try container.decode(String.self, forKey: "status")
    version = container.text("litellm_version")
  }
}

private struct ModelList: Decodable {
  let entries: [Entry]

  struct Entry: Decodable {
    let deployment: ProxyView.Deployment?

    init(from decoder: any Decoder) {
      let entry = try? decoder.container(keyedBy: AnyKey.self)
      let parameters = entry?.object("litellm_params")
      let info = entry?.object("model_info")
      guard let route = entry?.text("model_name"), !route.isEmpty,
        let name = parameters?.text("model"), !name.isEmpty
      else {
        deployment = nil
        return
      }
      let parts = LiteLLMModel(
        name: name, custom: parameters?.text("custom_llm_provider"),
        listed: info?.text("litellm_provider"))
      deployment = ProxyView.Deployment(
        id: info?.text("id") ?? "", route: route, provider: parts.provider, model: parts.model,
        isFree: LiteLLMModel.isFree(
          inputPrice: info?.number("input_cost_per_token"),
          outputPrice: info?.number("output_cost_per_token"), name: name))
    }
  }

  init(from decoder: any Decoder) throws {
    entries = try decoder.container(keyedBy: AnyKey.self).decode([Entry].self, forKey: "data")
  }
}

private struct HealthReport: Decodable {
  var healthy: [Entry] = []
  var unhealthy: [Entry] = []

  struct Entry: Decodable {
    private let deployment: String
    private let model: String
    private let status: Int?

    init(from decoder: any Decoder) {
      let entry = try? decoder.container(keyedBy: AnyKey.self)
      deployment = entry?.text("model_id") ?? ""
      model = entry?.text("model") ?? ""
      status = entry?.number("exception_status").flatMap { Int(exactly: $0) }
    }

    func check(isUp: Bool) -> ProbeAnswer.Check? {
      deployment.isEmpty && model.isEmpty
        ? nil : .init(deployment: deployment, model: model, isUp: isUp, status: status)
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    // With checks in the background it is `{}` until the first round is over.
    guard !container.allKeys.isEmpty else { return }
    healthy = try container.decode([Entry].self, forKey: "healthy_endpoints")
    unhealthy = try container.decode([Entry].self, forKey: "unhealthy_endpoints")
  }
}

private struct AnyKey: CodingKey, ExpressibleByStringLiteral {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init(stringLiteral value: String) { stringValue = value }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<AnyKey> {
  /// A text of at most 512 bytes; nil for anything else.
  fileprivate func text(_ key: AnyKey) -> String? {
    guard let text = try? decode(String.self, forKey: key), text.utf8.count <= 512 else {
      return nil
    }
    return text
  }

  fileprivate func number(_ key: AnyKey) -> Double? { try? decode(Double.self, forKey: key) }

  fileprivate func object(_ key: AnyKey) -> KeyedDecodingContainer<AnyKey>? {
    try? nestedContainer(keyedBy: AnyKey.self, forKey: key)
  }
}

extension String {
  /// A version that fits a label.
  fileprivate var short: String { String(prefix(64)) }
}
