import FoundationEssentials
import Glibc

/// What a model costs, in femto-dollars (10⁻¹⁵ USD) a token, so that the cheapest prices stay whole.
package struct ModelPrice: Sendable, Equatable {
  /// Prices for prompts above some size. They are cliffs: the whole request is billed at them.
  package struct Tier: Sendable, Equatable {
    /// In tokens of input.
    package var above: Int64
    package var input: Int64?
    package var output: Int64?
    package var cacheRead: Int64?
    package var cacheWrite: Int64?
  }

  package var input: Int64
  package var output: Int64
  /// nil: billed as input.
  package var cacheRead: Int64?
  package var cacheWrite: Int64?
  /// nil: billed as output.
  package var reasoning: Int64?
  /// By size, largest first.
  package var tiers: [Tier] = []

  /// Costs nothing.
  package static let free = ModelPrice(input: 0, output: 0)

  /// What `tokens` cost, rounded half to even to nano-dollars.
  package func cost(of tokens: TokenUsage) -> Money? {
    let tier = tiers.first { tokens.input > $0.above }
    let input = tier?.input ?? input
    let output = tier?.output ?? output
    let cacheRead = min(tokens.cacheRead, tokens.input)
    let cacheWrite = min(tokens.cacheWrite, tokens.input - cacheRead)
    let reasoning = min(tokens.reasoning, tokens.output)
    let parts: [(Int64, Int64)] = [
      (tokens.input - cacheRead - cacheWrite, input),
      (cacheRead, tier?.cacheRead ?? self.cacheRead ?? input),
      (cacheWrite, tier?.cacheWrite ?? self.cacheWrite ?? input),
      (tokens.output - reasoning, output),
      (reasoning, tier?.output ?? self.reasoning ?? output),
    ]
    var femto = Int128(0)
    for (count, price) in parts { femto += Int128(count) * Int128(price) }
    let (whole, rest) = femto.quotientAndRemainder(dividingBy: 1_000_000)
    let roundsUp = rest > 500_000 || rest == 500_000 && whole & 1 == 1
    guard let nano = Int64(exactly: whole + (roundsUp ? 1 : 0)) else { return nil }
    return nano <= Money.largest.nanodollars ? Money(nanodollars: nano) : nil
  }
}

/// A price list in the format of LiteLLM's `model_prices_and_context_window.json`.
package struct PriceBook: Sendable {
  /// Why a price list could not be used.
  package enum Problem: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case notPriceList(path: String, reason: String)

    package var description: String {
      switch self {
      case .unreadable(let path, let reason): "cannot read the price list \(path): \(reason)"
      case .notPriceList(let path, let reason):
        "\(path) is no price list in LiteLLM's format: \(reason)"
      }
    }
  }

  private var prices: [String: ModelPrice] = [:]

  /// A list of `prices` by LiteLLM's model names.
  package init(prices: [String: ModelPrice]) { self.prices = prices }

  /// Reads the file at `path`, of at most 64 MiB.
  package init(path: String) throws(Problem) {
    let data = try Self.contents(of: path)
    do {
      prices = try JSONDecoder().decode([String: Entry].self, from: data)
        .compactMapValues(\.price)
    } catch DecodingError.typeMismatch {
      throw .notPriceList(path: path, reason: "it is no JSON object")
    } catch {
      throw .notPriceList(path: path, reason: "it is not valid JSON")
    }
    guard !prices.isEmpty else {
      throw .notPriceList(path: path, reason: "no entry has an input_cost_per_token")
    }
  }

  private static func contents(of path: String) throws(Problem) -> Data {
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is no regular file")
    }
    guard status.st_size <= 64 << 20 else {
      throw .notPriceList(path: path, reason: "it is larger than 64 MiB")
    }
    do { return try Data(contentsOf: URL(filePath: path)) } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
  }

  /// How many models have a price.
  package var count: Int { prices.count }

  /// The price of `model`, by the name with its provider or without.
  package func price(provider: String, model: String) -> ModelPrice? {
    prices["\(provider)/\(model)"] ?? prices[model]
  }
}

/// One model of the list. Numbers that are no numbers are passed over, as the list has examples.
private struct Entry: Decodable {
  private var numbers: [String: Int64] = [:]

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    guard let container = try? decoder.container(keyedBy: Key.self) else { return }
    for key in container.allKeys where key.stringValue.contains("cost") {
      // A Double's description has its shortest digits, which are the ones in the file.
      guard let value = try? container.decode(Double.self, forKey: key), value >= 0 else {
        continue
      }
      numbers[key.stringValue] = Decimal.scaled("\(value)", digits: 15)
    }
  }

  var price: ModelPrice? {
    guard let input = numbers["input_cost_per_token"] else { return nil }
    var price = ModelPrice(input: input, output: numbers["output_cost_per_token"] ?? 0)
    price.cacheRead = numbers["cache_read_input_token_cost"]
    price.cacheWrite = numbers["cache_creation_input_token_cost"]
    price.reasoning = numbers["output_cost_per_reasoning_token"]
    price.tiers = tiers.sorted { $0.above > $1.above }
    return price
  }

  /// Keys such as `input_cost_per_token_above_200k_tokens`.
  private var tiers: [ModelPrice.Tier] {
    let marker = "input_cost_per_token_above_"
    return numbers.keys.filter { $0.hasPrefix(marker) }.compactMap { key in
      let size = String(key.dropFirst(marker.count))
      guard let above = Self.tokens(size) else { return nil }
      return ModelPrice.Tier(
        above: above, input: numbers[key],
        output: numbers["output_cost_per_token_above_\(size)"],
        cacheRead: numbers["cache_read_input_token_cost_above_\(size)"],
        cacheWrite: numbers["cache_creation_input_token_cost_above_\(size)"])
    }
  }

  /// `200k_tokens` → 200 000.
  private static func tokens(_ size: String) -> Int64? {
    guard size.hasSuffix("_tokens") else { return nil }
    let number = size.dropLast("_tokens".count)
    let isThousands = number.hasSuffix("k")
    guard let count = Int64(isThousands ? number.dropLast() : number) else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: isThousands ? 1000 : 1)
    return overflow ? nil : product
  }
}
