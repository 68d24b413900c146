import Record
import Support
import Testing

@testable import Source

@Suite struct NativeDecoderTests {
  /// Every field that a request line may have.
  static let request = """
    {"v":1,"kind":"request","id":"call-1","trace":"trace-1","start":1795259782.25,\
    "end":1795259789.85,"outcome":"success","call":"acompletion","stream":true,\
    "route":"claude-sonnet","served_route":"gpt-4o","provider":"azure","model":"gpt-4o",\
    "deployment":"gpt-4o-azure","attempt_start":1795259789.56,"first_token":1795259789.7,\
    "attempts":4,"retries":2,"fallbacks":1,"first_failure":{"provider":"anthropic",\
    "model":"claude-sonnet-4-5-20250929","reason":"rate_limited"},"tokens":{"input":1236,\
    "output":673,"cache_read":10,"cache_write":20,"reasoning":30},"cost_usd":0.00982,\
    "saved_usd":0.5,"cache_hit":false,"key":{"id":"7b5b1709","alias":"svc-2"},\
    "team":{"id":"team-growth","alias":"growth"},"org":"org-1","user":"user-2",\
    "end_user":"cust-6","tags":["ci","nightly"],"meta":{"power_level":"eco"},\
    "rate_limit":{"remaining_requests":99,"remaining_tokens":39000,"limit_requests":100,\
    "limit_tokens":40000},"overhead":0.012,"dropped":3}
    """

  static let attempt = """
    {"v":1,"kind":"attempt","id":"call-1","n":1,"start":1795259782.3,"end":1795259783.4,\
    "route":"claude-sonnet","provider":"anthropic","model":"claude-sonnet-4-5-20250929",\
    "deployment":"claude-main","reason":"rate_limited","code":"429","class":"RateLimitError"}
    """

  @Test func everyFieldOfARequestIsRead() {
    #expect(
      told(Self.request) == """
        request=whole success id=call-1 trace=trace-1 call=acompletion start=1795259782250000 \
        end=1795259789850000 attempt_start=1795259789560000 first_token=1795259789700000 \
        stream=true route=claude-sonnet served_route=gpt-4o provider=azure model=gpt-4o \
        deployment=gpt-4o-azure attempts=4 retries=2 fallbacks=1 first_reason=rate_limited \
        first_provider=anthropic first_model=claude-sonnet-4-5-20250929 input=1236 output=673 \
        cache_read=10 cache_write=20 reasoning=30 nano=9820000 saved=500000000 key=7b5b1709 \
        key_alias=svc-2 team=team-growth team_alias=growth org=org-1 user=user-2 \
        end_user=cust-6 tags=ci+nightly meta=eco remaining_requests=99 remaining_tokens=39000 \
        limit_requests=100 limit_tokens=40000 overhead=12000
        """)
  }

  @Test func everyFieldOfAnAttemptIsRead() {
    #expect(
      told(Self.attempt) == """
        attempt=rate_limited start=1795259782300000 end=1795259783400000 route=claude-sonnet \
        provider=anthropic model=claude-sonnet-4-5-20250929 deployment=claude-main
        """)
  }

  @Test func whatIsLeftOutIsUnknown() {
    #expect(
      told(#"{"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"success"}"#)
        == "request=whole success id=a start=1795259782000000 end=1795259783000000")
  }

  @Test func nullIsUnknownToo() {
    let line = """
      {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"cancelled",\
      "route":null,"tokens":null,"cost_usd":null,"first_failure":null,"key":null,"tags":null,\
      "meta":{"power_level":null},"stream":null,"overhead":null,"attempts":null}
      """
    #expect(
      told(line) == "request=whole cancelled id=a start=1795259782000000 end=1795259783000000")
  }

  @Test func aFailureHasAReasonEvenIfNobodyKnowsIt() {
    func failure(_ reason: String) -> String {
      told(
        """
        {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"failure"\
        \(reason),"code":"503","class":"X"}
        """)
    }
    let head = "request=whole failure id=a start=1795259782000000 end=1795259783000000"
    #expect(failure(#","reason":"overloaded""#) == "\(head) reason=overloaded code=503 class=X")
    #expect(failure("") == "\(head) reason=unknown code=503 class=X")
    #expect(failure(#","reason":"new_reason""#) == "\(head) reason=unknown code=503 class=X")
  }

  @Test func costIsTakenFromTheTextNotFromADouble() {
    func cost(_ text: String) -> String? {
      told(Self.request.replacing("0.00982", with: text)).split(separator: " ")
        .first { $0.hasPrefix("nano=") }.map(String.init)
    }
    #expect(cost("0.011550000000000001") == "nano=11550000")
    #expect(cost("1e-9") == "nano=1")
    #expect(cost("5e-10") == "nano=0")
    #expect(cost("0") == "nano=0")
    #expect(cost("1000000") == "nano=1000000000000000")
    #expect(cost("1000000.000000001") == nil)
  }

  @Test func metadataAreReadByName() {
    let line = """
      {"kind":"request","id":"a","start":1795259782,"end":1795259783,"outcome":"success",\
      "meta":{"tier":3,"power_level":"eco","other":"x"}}
      """
    let decoding = Decoding(metadataNames: ["power_level", "absent", "tier"])
    decoding.add(line)
    let first = Int(decoding.batch.requests[0].metadata)
    let texts = decoding.batch.texts[first..<first + 3].map(decoding.batch.string)
    #expect(texts == ["eco", "", "3"])
  }

  @Test func identityIsKindIdNumberAndStart() {
    let decoding = Decoding()
    func identity(_ line: String) -> Identity? {
      decoding.batch.removeAll()
      decoding.add(line)
      return decoding.batch.requests.first?.identity ?? decoding.batch.attempts.first?.identity
    }
    let attempt = identity(Self.attempt)
    let all = [
      attempt, identity(Self.request),
      identity(Self.attempt.replacing("\"n\":1", with: "\"n\":2")),
      identity(Self.attempt.replacing("call-1", with: "call-2")),
      identity(Self.attempt.replacing("1795259782.3", with: "1795259782.300001")),
      identity(Self.request.replacing("1795259782.25", with: "1795259782.3")),
    ]
    #expect(!all.contains(nil) && Set(all).count == all.count)
    #expect(identity(Self.attempt.replacing("claude-main", with: "other")) == attempt)
  }
}
