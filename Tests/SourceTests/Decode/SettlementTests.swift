import Record
import Support
import TestSupport
import Testing

@testable import Source

@Suite struct SettlementTests {
  @Test func aSuccessAloneIsARequest() {
    var desk = SettlementDesk()
    desk.success("a", 1, 2)
    #expect(desk.settle() == ["a success 1.0-2.0 claude from 1.0 1"])
    #expect(desk.settlement.takeChanges() == WaitingChanges())
  }

  @Test func aFailureAloneWaitsTwoMinutesThenFails() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    #expect(desk.settle(to: 121.999) == ["attempt claude server_error"])
    #expect(desk.settle(to: 122) == ["a failure 1.0-2.0 claude after anthropic server_error 1"])
    #expect(desk.settle(to: 1000) == [])
  }

  @Test func aSuccessOnTheSameRouteIsARetry() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    desk.success("a", 5, 6)
    #expect(
      desk.settle() == [
        "a success 1.0-6.0 claude retry after anthropic server_error from 5.0 2",
        "attempt claude server_error",
      ])
    #expect(desk.settle(to: 10_000) == [])
  }

  @Test func aSuccessOnAnotherRouteIsAFallback() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    #expect(desk.settle(to: 60) == ["attempt claude server_error"])
    desk.success("a", 5, 6, route: "gpt")
    #expect(
      desk.settle(to: 60) == [
        "a success 1.0-6.0 claude>gpt fallback after anthropic server_error from 5.0 2"
      ])
  }

  @Test func aStreamsPayloadBeginsWithTheRequest() {
    var desk = SettlementDesk()
    desk.failure("a", 1.1, 2)
    desk.success(
      "a", 1, 6, route: "gpt", rest: ",\"stream\":true,\"completionStartTime\":1795259005")
    #expect(
      desk.settle() == [
        "a success 1.0-6.0 claude>gpt fallback after anthropic server_error from ? 2",
        "attempt claude server_error",
      ])
  }

  @Test func aBrokenStreamsBillIsPaidByWhoBrokeIt() {
    var desk = SettlementDesk()
    let bill = ",\"response_cost\":0.125,\"prompt_tokens\":7"
    desk.failure("a", 1, 2, rest: bill)
    desk.success("a", 5, 6, route: "gpt")
    desk.settlement.settle(&desk.batch)
    let billed = desk.batch.requests.filter { $0.form != .void }
    #expect(billed.map(\.form) == [.whole, .late])
    #expect(billed.map { $0.cost?.nanodollars } == [250_000_000, 125_000_000])
    #expect(billed.map { desk.batch.string($0.provider) } == ["openai", "anthropic"])
    #expect(billed.map(\.tokens.input) == [10, 7])
    #expect(billed.map(\.outcome) == [.success, .failure])

    // Once settled as failed, the bill is paid.
    var late = SettlementDesk()
    late.failure("a", 1, 2, rest: bill)
    _ = late.settle(to: 200)
    late.success("a", 5, 206, route: "gpt")
    #expect(late.settle(to: 200).count == 1)
  }

  @Test func aClientThatLeavesTheFallbackIsCancelled() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    desk.success("a", 5, 6, route: "gpt", rest: ",\"error_information\":{\"error_code\":\"499\"}")
    #expect(
      desk.settle().first
        == "a cancelled 1.0-6.0 claude>gpt fallback after anthropic server_error from 5.0 2")
  }

  @Test func aLateSuccessAddsToTheRequestAlreadyFailed() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    #expect(desk.settle(to: 300).first == "a failure 1.0-2.0 claude after anthropic server_error 1")
    desk.success("a", 290, 310, route: "gpt")
    #expect(
      desk.settle(to: 301) == [
        "a success 1.0-310.0 late claude>gpt fallback after anthropic server_error from 290.0 2"
      ])
    desk.success("a", 400, 410, route: "gpt")
    #expect(desk.settle(to: 400) == ["a success 400.0-410.0 gpt from 400.0 1"])
  }

  @Test func aSettledFailureIsForgottenAfterAnHour() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    _ = desk.settle(to: 200)
    _ = desk.settle(to: 200 + 3599)
    #expect(desk.settlement.count == 1)
    _ = desk.settle(to: 200 + 3600)
    #expect(desk.settlement.count == 0)
    desk.success("a", 4000, 4001, route: "gpt")
    #expect(desk.settle(to: 4100) == ["a success 4000.0-4001.0 gpt from 4000.0 1"])
  }

  @Test func aSuccessNeverPairsWithALaterFailure() {
    var desk = SettlementDesk()
    desk.failure("a", 5, 6)
    desk.success("a", 1, 2, route: "gpt")
    #expect(
      desk.settle(to: 200) == [
        "a success 1.0-2.0 gpt from 1.0 1",
        "a failure 5.0-6.0 claude after anthropic server_error 1", "attempt claude server_error",
      ])
  }

  @Test func twoFailuresWithOneIDAreTwoRequests() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    desk.failure("a", 3, 4, route: "gpt", code: "429")
    #expect(
      desk.settle() == [
        "a failure 1.0-2.0 claude after anthropic server_error 1", "attempt claude server_error",
        "attempt gpt rate_limited",
      ])
    desk.success("a", 5, 6, route: "gpt")
    #expect(
      desk.settle() == ["a success 3.0-6.0 gpt retry after openai rate_limited from 5.0 2"])
  }

  @Test func aReusedIDsSuccessesAreRequestsOfTheirOwn() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    desk.success("a", 3, 4)
    desk.success("a", 5, 6)
    #expect(
      desk.settle() == [
        "a success 1.0-4.0 claude retry after anthropic server_error from 3.0 2",
        "a success 5.0-6.0 claude from 5.0 1", "attempt claude server_error",
      ])
  }

  @Test func otherIDsDoNotPair() {
    var desk = SettlementDesk()
    desk.failure("a", 1, 2)
    desk.success("b", 3, 4)
    #expect(desk.settle().first == "b success 3.0-4.0 claude from 3.0 1")
    #expect(desk.settlement.count == 1)
  }

  @Test func whatCannotBeAnsweredDoesNotWait() {
    var desk = SettlementDesk()
    desk.failure(
      "a", 1, 2, rest: ",\"error_information\":{\"error_class\":\"ProxyModelNotFoundError\"}")
    #expect(desk.settle() == ["a failure 1.0-2.0 claude 0"])
    #expect(desk.settlement.count == 0)
    desk.success("a", 3, 4)
    #expect(desk.settle() == ["a success 3.0-4.0 claude from 3.0 1"])
  }

  @Test func aSkippedRoutesFailureHasNoAttempt() {
    var desk = SettlementDesk()
    desk.failure(
      "a", 1, 2, rest: ",\"error_information\":{\"error_class\":\"RouterRateLimitError\"}")
    desk.success("a", 3, 4, route: "gpt")
    #expect(
      desk.settle() == ["a success 1.0-4.0 claude>gpt fallback after  no_deployment from 3.0 1"])
  }

  @Test func moreThanItsCapacityDoesNotWait() {
    var desk = SettlementDesk(capacity: 40)
    for number in 0..<41 { desk.failure("id-\(number)", Double(number), Double(number)) }
    let settled = desk.settle().filter { $0.contains("failure") }
    // The oldest, down to three quarters.
    #expect(
      settled
        == (0..<11).map {
          "id-\($0) failure \($0).0-\($0).0 claude after anthropic server_error 1"
        })
    #expect(desk.settlement.count == 30)
    _ = desk.settle(to: 1000)
    for number in 0..<30 { desk.failure("new-\(number)", 900, Double(900 + number)) }
    // Those settled already make room first.
    #expect(desk.settle(to: 1000).filter { $0.contains("failure") } == [])
    #expect(desk.settlement.count == 30)
  }

  @Test func onlySoManySettledAreRemembered() {
    var desk = SettlementDesk(settledCapacity: 8)
    for number in 0..<9 { desk.failure("id-\(number)", Double(number), Double(number)) }
    #expect(desk.settle(to: 127).filter { $0.contains("failure") }.count == 8)
    #expect(desk.settlement.count == 9)
    #expect(desk.settle(to: 128).filter { $0.contains("failure") }.count == 1)
    #expect(desk.settlement.count == 6)
    // Of the forgotten ones a late answer is another request.
    desk.success("id-2", 200, 201)
    desk.success("id-3", 200, 201)
    let told = desk.settle(to: 128)
    #expect(told.map { $0.contains("late") } == [false, true])
    // What waits is none of them.
    for number in 10..<30 { desk.failure("id-\(number)", 120, 121) }
    _ = desk.settle(to: 130)
    #expect(desk.settlement.count == 25)
  }

  @Test func allThatAFailureKnowsIsKeptWhileItWaits() {
    let lines = PayloadSampleTests.lines("fail_all")
    let decoding = Decoding()
    decoding.add(lines[0])
    let before = decoding.batch.told
    var settlement = Settlement(settleAfter: [.minutes(2)], metadataNames: ["power_level"])
    settlement.settle(&decoding.batch)
    var restored = Settlement(
      settleAfter: [.minutes(2)], metadataNames: ["power_level"],
      restored: settlement.takeChanges().saved)
    var batch = RecordBatch()
    restored.expire(&batch, horizon: noon)
    #expect(
      batch.told
        == before.replacing("request=payload", with: "request=whole").replacing(
          " reason=rate_limited",
          with: " first_reason=rate_limited first_provider=openai first_model=gpt-4o-mini"
            + " reason=rate_limited"))
  }

  @Test func textsThatNeedEscapesSurviveTheWait() {
    let text = #"q\"uote \\ \u0001 \n \u007f é 😀 \ud83d\ude00"#
    let decoding = Decoding()
    decoding.add(
      """
      {"litellm_call_id":"\(text)","status":"failure","startTime":1795259782,\
      "endTime":1795259783,"end_user":"\(text)","request_tags":["\(text)","b"],\
      "metadata":{"user_api_key_alias":"\(text)","requester_metadata":{"power_level":"\(text)"}}}
      """)
    let before = decoding.batch.told
    var settlement = Settlement(settleAfter: [.minutes(2)], metadataNames: ["power_level"])
    settlement.settle(&decoding.batch)
    var batch = RecordBatch()
    settlement.expire(&batch, horizon: noon)
    #expect(batch.told == before.replacing("request=payload", with: "request=whole"))
  }

  /// Random payloads of few ids, settled in random batches: stopping and restoring from what was
  /// saved after any of them changes nothing.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func restoringIsLikeNeverHavingStopped(seed: UInt64) {
    func run(stopping: Bool) -> (told: [String], left: Int) {
      var random = SeededRandom(seed: seed)
      var fate = SeededRandom(seed: seed &* 31)
      var desk = SettlementDesk(capacity: 12)
      var stored: [[UInt8]: WaitingFailure] = [:]
      var told: [String] = []
      for round in 0..<60 {
        let time = Double(round * 20)
        for _ in 0..<Int.random(in: 0...5, using: &random) {
          let id = "id\(Int.random(in: 0..<30, using: &random))"
          let route = Bool.random(using: &random) ? "claude" : "gpt"
          let end = time + Double(Int.random(in: 0...19, using: &random))
          if Int.random(in: 0..<3, using: &random) > 0 {
            desk.failure(id, end - 1, end, route: route)
          } else {
            desk.success(id, end - 1, end, route: route)
          }
        }
        told += desk.settle(to: time + 20)
        let changes = desk.settlement.takeChanges()
        for id in changes.removed { stored[id] = nil }
        for entry in changes.saved { stored[entry.callID] = entry }
        if stopping, Bool.random(using: &fate) {
          desk = SettlementDesk(restored: Array(stored.values), capacity: 12)
        }
        #expect(desk.settlement.count == stored.count && stored.count <= 12)
      }
      return (told + desk.settle(to: 10_000_000), desk.settlement.count)
    }
    let (calm, left) = run(stopping: false)
    #expect(run(stopping: true) == (calm, left))
    #expect(calm.count > 60)
  }
}
