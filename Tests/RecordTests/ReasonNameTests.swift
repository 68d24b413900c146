import Testing

@testable import Record

@Suite struct ReasonNameTests {
  @Test func namesAndFaultsAreAFixedList() {
    let list = Reason.allCases.map { "\($0.fault.rawValue) \($0.name)" }
    #expect(
      list == [
        "provider rate_limited", "provider overloaded", "provider server_error",
        "provider timeout", "provider connection", "provider stream_broken",
        "provider credentials", "caller invalid_request", "caller context_window",
        "caller content_policy", "caller not_found", "caller unknown_model",
        "policy key_rejected", "policy budget_exceeded", "policy quota_exceeded",
        "policy blocked", "gateway no_deployment", "gateway internal", "gateway unknown",
      ])
  }

  @Test func aNameLeadsBackToItsReason() {
    for reason in Reason.allCases { #expect(Reason(name: reason.name.utf8) == reason) }
    for name in ["", "timeout ", "Timeout", "rate", "other"] {
      #expect(Reason(name: name.utf8) == nil)
    }
  }

  @Test func rejectionsHaveTheirPlaces() {
    #expect(
      Rejection.allCases.map(\.rawValue) == [
        "too_long", "not_json", "not_object", "bad_value", "bad_time", "future", "too_old",
        "unknown_kind",
      ])
    #expect(Rejection.allCases.map(\.index) == Array(0..<8))
  }
}
