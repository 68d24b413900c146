import Record
import Testing

@testable import Metrics

@Test("every reason has LiteLLM's words, so that compat: [litellm] can tell it")
func everyReasonHasLiteLLMsWords() {
  #expect(LiteLLMError.reasons == Set(Reason.allCases.map(\.name)))
}
