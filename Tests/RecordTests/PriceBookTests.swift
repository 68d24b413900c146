import TestSupport
import Testing

@testable import Record

@Suite struct PriceBookTests {
  private let scratch = Scratch()

  private func book(_ text: String) throws -> PriceBook {
    try PriceBook(path: scratch.write(text, to: "prices.json"))
  }

  private func tokens(
    _ input: Int64, _ output: Int64 = 0, read: Int64 = 0, write: Int64 = 0, reasoning: Int64 = 0
  ) -> TokenUsage {
    var usage = TokenUsage()
    usage.input = input
    usage.output = output
    usage.cacheRead = read
    usage.cacheWrite = write
    usage.reasoning = reasoning
    return usage
  }

  /// An excerpt of the real list, with the entry that documents it and some rubbish.
  private static let list = """
    {"sample_spec": {"code_interpreter_cost_per_session": 0.0, "input_cost_per_token": "the cost",
      "max_tokens": "LEGACY", "mode": "one of: chat, embedding", "supports_vision": true},
     "gpt-4o": {"cache_read_input_token_cost": 1.25e-06, "input_cost_per_token": 2.5e-06,
      "input_cost_per_token_batches": 1.25e-06, "litellm_provider": "openai", "mode": "chat",
      "output_cost_per_token": 1e-05, "supports_vision": true},
     "anthropic/claude": {"cache_creation_input_token_cost": 3.75e-06,
      "cache_read_input_token_cost": 3e-07, "input_cost_per_token": 3e-06,
      "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token": 1.5e-05,
      "output_cost_per_token_above_200k_tokens": 2.25e-05,
      "cache_read_input_token_cost_above_200k_tokens": 6e-07},
     "gemini/gemini-2.5-flash": {"input_cost_per_token": 3e-07, "output_cost_per_token": 2.5e-06,
      "output_cost_per_reasoning_token": 3.5e-06},
     "text-embedding-3-small": {"input_cost_per_token": 2e-08, "output_cost_per_token": 0.0},
     "azure/free": {"input_cost_per_token": 0.0, "output_cost_per_token": 0},
     "dall-e": {"input_cost_per_image": 0.04}, "odd": null, "list": [1], "text": "x", "number": 3,
     "bad": {"input_cost_per_token": -1, "output_cost_per_token": 1}}
    """

  private func cost(_ provider: String, _ model: String, _ tokens: TokenUsage) throws -> Int64? {
    try book(Self.list).price(provider: provider, model: model)?.cost(of: tokens)?.nanodollars
  }

  @Test func onlyEntriesWithAPriceForTokensCount() throws {
    #expect(try book(Self.list).count == 5)
    for model in ["sample_spec", "dall-e", "odd", "list", "text", "number", "bad", ""] {
      #expect(try book(Self.list).price(provider: "", model: model) == nil)
    }
  }

  @Test func aModelIsFoundWithItsProviderOrWithout() throws {
    let book = try book(Self.list)
    #expect(book.price(provider: "openai", model: "gpt-4o")?.input == 2_500_000_000)
    #expect(book.price(provider: "anthropic", model: "claude")?.output == 15_000_000_000)
    #expect(book.price(provider: "bedrock", model: "claude") == nil)
    let both = PriceBook(prices: [
      "m": ModelPrice(input: 1, output: 1), "azure/m": ModelPrice(input: 2, output: 2),
    ])
    #expect(both.price(provider: "azure", model: "m")?.input == 2)
    #expect(both.price(provider: "openai", model: "m")?.input == 1)
  }

  @Test func costsAreThoseOfTheRealProxy() throws {
    // Taken from payloads: 0.008577000000000001, 0.012725, 0.0019951 and 6.742e-05 dollars.
    #expect(try cost("anthropic", "claude", tokens(2234, 125)) == 8_577_000)
    #expect(try cost("openai", "gpt-4o", tokens(1930, 790)) == 12_725_000)
    #expect(try cost("gemini", "gemini-2.5-flash", tokens(2217, 532)) == 1_995_100)
    #expect(try cost("openai", "text-embedding-3-small", tokens(3371)) == 67_420)
    #expect(try cost("azure", "free", tokens(1000, 1000)) == 0)
  }

  @Test func cachedTokensAndReasoningHaveTheirOwnPrices() throws {
    // (1000 − 400 − 100) × 3 + 400 × 0.3 + 100 × 3.75 + 10 × 15 microdollars.
    #expect(
      try cost("anthropic", "claude", tokens(1000, 10, read: 400, write: 100)) == 2_145_000)
    // gpt-4o has no price for writing: as input.
    #expect(try cost("openai", "gpt-4o", tokens(100, read: 50, write: 50)) == 187_500)
    // (100 − 40) × 2.5 + 40 × 3.5.
    #expect(try cost("gemini", "gemini-2.5-flash", tokens(0, 100, reasoning: 40)) == 290_000)
  }

  @Test func detailsBeyondTheWholeAreCut() throws {
    #expect(
      try cost("anthropic", "claude", tokens(10, 0, read: 50, write: 50))
        == (try cost("anthropic", "claude", tokens(10, 0, read: 10))))
    #expect(
      try cost("gemini", "gemini-2.5-flash", tokens(0, 10, reasoning: 99)) == 35_000)
  }

  @Test func aTierIsACliff() throws {
    #expect(try cost("anthropic", "claude", tokens(200_000, 10)) == 600_150_000)
    #expect(try cost("anthropic", "claude", tokens(200_001, 10)) == 1_200_231_000)
    // The tier has its price for reading, not for writing.
    #expect(
      try cost("anthropic", "claude", tokens(200_001, 0, read: 1, write: 1)) == 1_199_998_350)
  }

  @Test func theLargestTierBelowTheSizeCounts() throws {
    let book = try book(
      """
      {"m": {"input_cost_per_token": 1e-06, "input_cost_per_token_above_128k_tokens": 2e-06,
        "input_cost_per_token_above_1000_tokens": 3e-06,
        "input_cost_per_token_above_200k_tokens": 4e-06,
        "input_cost_per_token_above_9223372036854775807k_tokens": 5e-06,
        "input_cost_per_token_above_x_tokens": 6e-06, "input_cost_per_token_above_300k": 7e-06}}
      """)
    let price = try #require(book.price(provider: "", model: "m"))
    #expect(price.tiers.map(\.above) == [200_000, 128_000, 1000])
    #expect(price.cost(of: tokens(1000))?.nanodollars == 1_000_000)
    #expect(price.cost(of: tokens(1001))?.nanodollars == 3_003_000)
    #expect(price.cost(of: tokens(128_001))?.nanodollars == 256_002_000)
    #expect(price.cost(of: tokens(400_000))?.nanodollars == 1_600_000_000)
  }

  @Test func femtodollarsAreRoundedHalfToEven() {
    let price = ModelPrice(input: 500_000, output: 1)
    #expect([1, 2, 3, 5, 7].map { price.cost(of: tokens($0))?.nanodollars } == [0, 1, 2, 2, 4])
    #expect(price.cost(of: tokens(1, 1))?.nanodollars == 1)
    #expect(price.cost(of: tokens(0, 499_999))?.nanodollars == 0)
    #expect(price.cost(of: tokens(0, 500_001))?.nanodollars == 1)
  }

  @Test func whatNoRequestCanCostIsNoCost() {
    let price = ModelPrice(input: .max, output: .max)
    #expect(price.cost(of: tokens(.max, .max, read: .max, reasoning: .max)) == nil)
    // A million dollars is the most.
    let dear = ModelPrice(input: 1_000_000_000_000_000, output: 0)
    #expect(dear.cost(of: tokens(1_000_000)) == .largest)
    #expect(dear.cost(of: tokens(1_000_001)) == nil)
    #expect(ModelPrice.free.cost(of: tokens(.max, .max)) == .zero)
  }

  @Test func aFileThatCannotBeUsedSaysWhy() throws {
    let path = scratch.file("prices.json")
    func problem(_ text: String?) -> String? {
      do throws(PriceBook.Problem) {
        if let text { scratch.write(text, to: "prices.json") }
        _ = try PriceBook(path: text == nil ? scratch.file("absent.json") : path)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(
      problem(nil)
        == "cannot read the price list \(scratch.file("absent.json")): No such file or directory")
    #expect(
      problem("{}")
        == "\(path) is no price list in LiteLLM's format: no entry has an input_cost_per_token")
    #expect(problem("[]") == "\(path) is no price list in LiteLLM's format: it is no JSON object")
    for text in ["{\"m\":", "", "# a comment"] {
      #expect(
        problem(text) == "\(path) is no price list in LiteLLM's format: it is not valid JSON")
    }
    #expect(
      throws: PriceBook.Problem.unreadable(path: scratch.path, reason: "it is no regular file")
    ) { try PriceBook(path: scratch.path) }
  }
}
