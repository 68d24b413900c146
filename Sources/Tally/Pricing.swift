import Record

extension TallyState {
  /// What the price list asks for a request whose log names no cost; nil if it does not know either.
  mutating func price(_ detail: RequestDetail, of batch: RecordBatch) -> Money? {
    let key = UInt64(detail.provider) << 32 | UInt64(detail.model)
    let isFolded = detail.provider == Vocabulary.other || detail.model == Vocabulary.other
    if !isFolded, let known = priced[key] { return known?.cost(of: detail.record.tokens) }
    let provider = batch.string(detail.record.provider)
    let model = batch.string(detail.record.model)
    let price = prices?.price(provider: provider, model: model) ?? Self.freePrice(of: model)
    if !isFolded { priced[key] = .some(price) }
    return price?.cost(of: detail.record.tokens)
  }

  /// OpenRouter marks the models it asks nothing for with a suffix.
  private static func freePrice(of model: String) -> ModelPrice? {
    model.hasSuffix(":free") ? .free : nil
  }
}
