import Metrics
import Record
import Testing

@testable import Tally

/// Records that add to requests counted already, or to none.
@Suite struct LateTallyTests {
  private static let served = "provider=openai model=gpt-4o"

  @Test func aLateSuccessAddsNoRequest() {
    var desk = Desk()
    desk.request { record, batch in
      record.form = .late
      record.fallbacks = 1
      record.attempts = 2
      record.keyAlias = batch.add("svc")
      record.firstFailure = FirstFailure(
        provider: batch.add("anthropic"), model: batch.add("claude"), reason: .overloaded)
    }
    #expect(
      desk.changes() == [
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=none +250",
        "llm_fallbacks_total primary_provider=anthropic fallback_provider=openai"
          + " reason=overloaded +1",
        "llm_attempts_total \(Self.served) result=success +1",
        "llm_deployment_attempts_total deployment=main route=gpt-4o result=success +1",
        "llm_route_fallbacks_total route=gpt-4o served_route=gpt-4o reason=overloaded +1",
        "llm_key_cost_total key=svc team=none +250",
        "llm_key_tokens_total key=svc team=none type=input +10",
        "llm_key_tokens_total key=svc team=none type=output +5",
        "llm_key_last_used_timestamp_seconds key=svc +1795262400000000",
        "llm_team_cost_total team=none +250",
        "llm_team_tokens_total team=none type=input +10",
        "llm_team_tokens_total team=none type=output +5",
        "sidelight_settled_late_total  +1",
      ])
    #expect(desk.state.recent.ratios(now: noon) == nil)
  }

  @Test func aBrokenAttemptsBillAddsNothingElse() {
    var desk = Desk.plain()
    desk.request { record, _ in
      record.form = .late
      record.outcome = .failure
      record.reason = .streamBroken
      record.fallbacks = 1
    }
    #expect(
      desk.changes() == [
        "llm_tokens_total \(Self.served) type=input +10",
        "llm_tokens_total \(Self.served) type=output +5",
        "llm_cost_total \(Self.served) power_level=none +250",
      ])
  }

  @Test func whatIsVoidOrHalfChangesNothing() {
    var desk = Desk()
    desk.request { record, _ in record.form = .void }
    desk.request { record, _ in record.form = .payload }
    desk.attempt(.timeout)
    desk.batch.attempts[0].isVoid = true
    #expect(desk.changes() == [])
  }
}
