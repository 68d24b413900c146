import Metrics
import Record
import Support
import Testing

@testable import Tally

/// From one record to the exact set of series that it changes.
@Suite struct RequestTallyTests {
  private static let served = "provider=openai model=gpt-4o"

  @Test func aSuccess() {
    var desk = Desk.plain()
    desk.request(meta: ["power_level": "eco"])
    #expect(
      desk.changes() == [
        "llm_requests_total \(Self.served) power_level=eco status=success +1",
        "llm_request_duration_seconds \(Self.served) [8]+1 sum+1500000",
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=eco +250",
        "llm_attempts_total \(Self.served) result=success +1",
        "llm_deployment_attempts_total deployment=main route=gpt-4o result=success +1",
        "llm_attempt_duration_seconds \(Self.served) [8]+1 sum+1500000",
      ])
  }

  @Test func aStreamWithEverything() {
    var desk = Desk.plain()
    desk.request { record, _ in
      record.isStream = true
      record.firstToken = record.start + .milliseconds(500)
      record.overhead = .milliseconds(12)
      record.tokens.cacheRead = 3
      record.tokens.cacheWrite = 2
      record.tokens.reasoning = 1
    }
    #expect(
      desk.changes(in: [
        .timeToFirstToken, .timePerOutputToken, .proxyOverhead, .tokenDetails,
      ]) == [
        "llm_time_to_first_token_seconds \(Self.served) [9]+1 sum+500000",
        // The second after the first token, shared out among the other four.
        "llm_time_per_output_token_seconds \(Self.served) [7]+1 sum+250000",
        "llm_proxy_overhead_seconds \(Self.served) [3]+1 sum+12000",
        "llm_token_details_total \(Self.served) type=cache_read +3",
        "llm_token_details_total \(Self.served) type=cache_write +2",
        "llm_token_details_total \(Self.served) type=reasoning +1",
      ])
  }

  @Test func aStreamOfOneTokenHasNoTimePerToken() {
    var desk = Desk.plain()
    desk.request { record, _ in
      record.isStream = true
      record.firstToken = record.end
      record.tokens.output = 1
    }
    #expect(desk.changes(in: [.timePerOutputToken]) == [])
  }

  @Test func aFallback() {
    var desk = Desk.plain()
    desk.attempt(.rateLimited)
    desk.request { record, batch in
      record.route = batch.add("claude-sonnet")
      record.attempts = 4
      record.retries = 2
      record.fallbacks = 1
      record.attemptStart = record.start + .seconds(1)
      record.firstFailure = FirstFailure(
        provider: batch.add("anthropic"), model: batch.add("claude"), reason: .rateLimited)
    }
    #expect(
      desk.changes() == [
        "llm_requests_total \(Self.served) power_level=none status=success +1",
        "llm_request_duration_seconds \(Self.served) [8]+1 sum+1500000",
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=none +250",
        "llm_fallbacks_total primary_provider=anthropic fallback_provider=openai"
          + " reason=rate_limited +1",
        "llm_attempts_total provider=anthropic model=claude result=rate_limited +1",
        "llm_attempts_total \(Self.served) result=success +1",
        "llm_deployment_attempts_total deployment=claude-main route=claude-sonnet"
          + " result=rate_limited +1",
        "llm_deployment_attempts_total deployment=main route=gpt-4o result=success +1",
        "llm_attempt_duration_seconds provider=anthropic model=claude [1]+1 sum+20000",
        "llm_attempt_duration_seconds \(Self.served) [6]+1 sum+500000",
        "llm_route_fallbacks_total route=claude-sonnet served_route=gpt-4o reason=rate_limited +1",
      ])
  }

  @Test func aFallbackWhoseFirstRouteWasSkipped() {
    var desk = Desk.plain()
    desk.request { record, batch in
      record.route = batch.add("never-served")
      record.fallbacks = 1
    }
    #expect(
      desk.changes(in: [.fallbacks, .routeFallbacks]) == [
        "llm_fallbacks_total primary_provider=none fallback_provider=openai"
          + " reason=no_deployment +1",
        // What a client types is a label only if something else names it too.
        "llm_route_fallbacks_total route=other served_route=gpt-4o reason=no_deployment +1",
      ])
  }

  @Test func aRetry() {
    var desk = Desk.plain()
    desk.request { record, batch in
      record.attempts = 2
      record.retries = 1
      record.attemptStart = nil
      record.firstFailure = FirstFailure(
        provider: batch.add("azure"), model: batch.add("gpt-4o-2"), reason: .timeout)
    }
    #expect(
      desk.changes(in: [.retriedRequests, .fallbacks, .attemptDuration]) == [
        "llm_retried_requests_total provider=azure model=gpt-4o-2 reason=timeout +1"
      ])
    desk.request { record, _ in record.retries = 1 }
    #expect(
      desk.changes(in: [.retriedRequests])
        == ["llm_retried_requests_total \(Self.served) reason=unknown +1"])
  }

  @Test func aFailure() {
    var desk = Desk.plain()
    desk.request { record, batch in
      record.outcome = .failure
      record.reason = .serverError
      record.tokens = TokenUsage()
      record.cost = nil
      record.attempts = 3
      record.fallbacks = 1
      record.firstFailure = FirstFailure(
        provider: batch.add("openai"), model: batch.add("gpt-4o"), reason: .contextWindow)
    }
    #expect(
      desk.changes() == [
        "llm_requests_total \(Self.served) power_level=none status=failure +1",
        "llm_request_failures_total \(Self.served) fault=caller reason=context_window +1",
        "llm_fallbacks_exhausted_total primary_provider=openai reason=context_window +1",
      ])
  }

  @Test func aFailureThatReachedNobody() {
    var desk = Desk()
    desk.request { record, batch in
      record.outcome = .failure
      record.reason = .keyRejected
      record.provider = .none
      record.model = .none
      record.deployment = .none
      record.servedRoute = .none
      record.tokens = TokenUsage()
      record.cost = nil
      record.attempts = 0
      record.keyID = batch.add("deadbeef")
      record.teamAlias = batch.add("growth")
    }
    #expect(
      desk.changes() == [
        "llm_requests_total provider=none model=none power_level=none status=failure +1",
        "llm_request_failures_total provider=none model=none fault=policy reason=key_rejected +1",
        "llm_key_requests_total key=none team=none status=failure +1",
        "llm_team_requests_total team=none status=failure +1",
      ])
  }

  @Test func aCancelledStreamBillsWhatItUsed() {
    var desk = Desk.plain()
    desk.request { record, _ in
      record.outcome = .cancelled
      record.isStream = true
      record.firstToken = record.start + .milliseconds(1)
    }
    #expect(
      desk.changes() == [
        "llm_requests_total \(Self.served) power_level=none status=cancelled +1",
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=none +250",
        "llm_attempts_total \(Self.served) result=cancelled +1",
        "llm_deployment_attempts_total deployment=main route=gpt-4o result=cancelled +1",
      ])
  }

  @Test func aBrokenStreamBillsWhatItUsed() {
    var desk = Desk.plain()
    desk.request { record, _ in
      record.outcome = .failure
      record.reason = .streamBroken
    }
    #expect(
      desk.changes(in: [.tokens, .cost, .attempts]) == [
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=none +250",
      ])
  }

  @Test func anAnswerFromTheCacheBillsNothing() {
    var desk = Desk()
    desk.request { record, batch in
      record.isCacheHit = true
      record.attempts = 0
      record.attemptStart = nil
      record.cost = .zero
      record.saved = Money(nanodollars: 999)
      record.keyAlias = batch.add("svc")
    }
    #expect(
      desk.changes() == [
        "llm_requests_total \(Self.served) power_level=none status=success +1",
        "llm_cached_requests_total \(Self.served) +1",
        "llm_cost_saved_total \(Self.served) +999",
        "llm_key_requests_total key=svc team=none status=success +1",
        "llm_key_last_used_timestamp_seconds key=svc +1795262400000000",
        "llm_team_requests_total team=none status=success +1",
      ])
  }

  @Test func everyReasonIsAResultAndAFailure() {
    for reason in Reason.allCases {
      var desk = Desk.plain()
      desk.attempt(reason)
      desk.request { record, _ in
        record.outcome = .failure
        record.reason = reason
      }
      #expect(
        desk.changes(in: [.requestFailures, .attempts]) == [
          "llm_request_failures_total \(Self.served) fault=\(reason.fault.rawValue)"
            + " reason=\(reason.name) +1",
          "llm_attempts_total provider=anthropic model=claude result=\(reason.name) +1",
        ])
    }
  }

  @Test func sumsStayAtTheLargestNumber() {
    var desk = Desk.plain()
    for _ in 0..<3 {
      desk.request { record, _ in
        record.tokens.input = .max / 2
        record.cost = Money(nanodollars: .max / 2 + 1)
        record.saved = Money(nanodollars: .max)
      }
    }
    _ = desk.changes()
    #expect(desk.values(of: .cost) == ["openai|gpt-4o|none": .max])
    #expect(desk.values(of: .tokens)["openai|gpt-4o|input"] == .max)
    #expect(desk.state.recent.costOfLastHour(now: noon).values.map { $0 } == [.max])
  }
}
