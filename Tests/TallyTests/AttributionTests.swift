import Metrics
import Record
import Support
import Testing

@testable import Tally

@Suite struct AttributionTests {
  private func options(_ attribution: [LabelOptions.Attribution]) -> LabelOptions {
    var options = LabelOptions()
    options.attribution = attribution
    return options
  }

  @Test func everyoneWhoIsAskedFor() {
    var desk = Desk(options(LabelOptions.Attribution.allCases))
    desk.request(tags: ["ci", "nightly"]) { record, batch in
      record.keyID = batch.add("7b5b1709")
      record.teamID = batch.add("team-1")
      record.user = batch.add("ann")
      record.endUser = batch.add("cust-6")
    }
    let families: [Family] = [
      .keyRequests, .keyCost, .keyTokens, .teamRequests, .teamCost, .userRequests, .userCost,
      .userTokens, .endUserRequests, .endUserCost, .tagRequests, .tagCost, .tagTokens,
    ]
    #expect(
      desk.changes(in: families) == [
        "llm_key_requests_total key=7b5b1709 team=team-1 status=success +1",
        "llm_key_cost_total key=7b5b1709 team=team-1 +250",
        "llm_key_tokens_total key=7b5b1709 team=team-1 type=input +10",
        "llm_key_tokens_total key=7b5b1709 team=team-1 type=output +5",
        "llm_team_requests_total team=team-1 status=success +1",
        "llm_team_cost_total team=team-1 +250",
        "llm_user_requests_total user=ann status=success +1",
        "llm_user_cost_total user=ann +250",
        "llm_user_tokens_total user=ann type=input +10",
        "llm_user_tokens_total user=ann type=output +5",
        "llm_end_user_requests_total end_user=cust-6 status=success +1",
        "llm_end_user_cost_total end_user=cust-6 +250",
        "llm_tag_requests_total tag=ci status=success +1",
        "llm_tag_requests_total tag=nightly status=success +1",
        "llm_tag_cost_total tag=ci +250",
        "llm_tag_cost_total tag=nightly +250",
        "llm_tag_tokens_total tag=ci type=input +10",
        "llm_tag_tokens_total tag=ci type=output +5",
        "llm_tag_tokens_total tag=nightly type=input +10",
        "llm_tag_tokens_total tag=nightly type=output +5",
      ])
  }

  @Test func nobodyWhoIsNot() {
    var desk = Desk(options([.team]))
    desk.request(tags: ["ci"]) { record, batch in
      record.keyAlias = batch.add("svc")
      record.user = batch.add("ann")
    }
    let changes = desk.changes().filter {
      $0.hasPrefix("llm_key") || $0.hasPrefix("llm_user") || $0.hasPrefix("llm_tag")
    }
    #expect(changes == [])
  }

  @Test func anAliasIsShownBeforeAnID() {
    var desk = Desk()
    desk.request { record, batch in
      record.keyID = batch.add("7b5b1709")
      record.keyAlias = batch.add("svc-2")
      record.teamID = batch.add("id")
      record.teamAlias = batch.add("growth")
    }
    #expect(
      desk.changes(in: [.keyRequests])
        == ["llm_key_requests_total key=svc-2 team=growth status=success +1"])
  }

  @Test func aTagCountsOnceARequest() {
    var limited = options([.tag])
    limited.limits["tag"] = 1
    var desk = Desk(limited)
    desk.request(tags: ["ci", "ci", "a", "b"])
    #expect(
      desk.changes(in: [.tagRequests]) == [
        "llm_tag_requests_total tag=ci status=success +1",
        "llm_tag_requests_total tag=other status=success +1",
      ])
    #expect(desk.values(of: .tagCost) == ["ci": 250, "other": 250])
  }

  @Test func aKeysLastUseOnlyRises() {
    var desk = Desk()
    for end in [noon, noon - .minutes(5)] {
      desk.request { record, batch in
        record.keyAlias = batch.add("svc")
        record.end = end
      }
    }
    _ = desk.changes()
    #expect(desk.values(of: .keyLastUsed) == ["svc": noon.microseconds])
  }

  @Test func extraLabelsAreTakenFromMetadataAndTags() {
    var extra = options([])
    extra.extra = [
      LabelOptions.Extra(name: "tier", selector: .meta("tier")),
      LabelOptions.Extra(name: "rollout", selector: .tag(prefix: "rollout=")),
    ]
    var desk = Desk(extra)
    desk.request(tags: ["ci", "rollout=blue", "rollout=green"], meta: ["tier": "gold"])
    desk.request()
    #expect(
      desk.changes(in: [.extraRequests, .extraCost]) == [
        "llm_extra_requests_total name=rollout value=blue +1",
        "llm_extra_requests_total name=rollout value=none +1",
        "llm_extra_requests_total name=tier value=gold +1",
        "llm_extra_requests_total name=tier value=none +1",
        "llm_extra_cost_total name=rollout value=blue +250",
        "llm_extra_cost_total name=rollout value=none +250",
        "llm_extra_cost_total name=tier value=gold +250",
        "llm_extra_cost_total name=tier value=none +250",
      ])
  }

  @Test func thePowerLevelIsTheFirstSelectorsThatGivesOne() {
    var desk = Desk.plain()
    desk.request(tags: ["power_level=eco"], meta: ["power_level": "precision"])
    desk.request(tags: ["x", "power_level=eco"])
    desk.request(tags: ["power_level="])
    desk.request()
    #expect(
      desk.changes(in: [.requests]).map { $0.split(separator: " ")[3] } == [
        "power_level=eco", "power_level=none", "power_level=precision",
      ])
  }

  @Test func rollupsHoldWhatTheCountersDo() {
    var desk = Desk()
    desk.request(tags: ["ci", "ci"], meta: ["power_level": "eco"]) { record, batch in
      record.user = batch.add("ann")
      record.keyAlias = batch.add("svc")
      record.retries = 1
      record.tokens.cacheRead = 4
    }
    desk.request { record, _ in
      record.isCacheHit = true
      record.saved = Money(nanodollars: 7)
    }
    desk.request { record, _ in record.cost = nil }
    desk.state.add(desk.batch, now: noon)
    let rollup = desk.state.rollup
    var sums = RollupSums()
    for number in rollup.rowOrder {
      rollup.withRow(number) { key, row in
        #expect(key.quarter == 1_994_736)
        sums.usual += row.usual
        sums.rare += row.rare
      }
    }
    #expect(rollup.rowOrder.count == 2 && rollup.sideOrder.count == 2)
    let (usual, rare) = (sums.usual, sums.rare)
    #expect(usual.requests == 3 && usual.waited == 4_500_000)
    #expect(usual.input == 20 && usual.output == 10 && rare.cacheRead == 4)
    #expect(usual.cost == 250 && rare.saved == 7)
    #expect(rare.cached == 1 && rare.unpriced == 1 && rare.retried == 1 && rare.fallbacks == 0)
    for number in rollup.sideOrder {
      rollup.withSide(number) { _, side in #expect(side.usual.requests == 1) }
    }
  }
}
