import Ledger
import Postgres
import Record
import Support
import Tally

/// Rows of the spool that go to the shared ledger in one transaction.
struct ForwardGroup {
  /// The numbers of its rows.
  let numbers: ClosedRange<Int64>
  private(set) var requests: [SpooledBatch.Request] = []
  private(set) var events: [LedgerEvent] = []
  /// What the shares of all requests refer to.
  private(set) var scopes: [SpooledBatch.Scope] = []
  /// Rows that could not be read.
  private(set) var damaged: [Int64] = []
  let oldest: Timestamp
  let size: Int

  /// Nil of no rows.
  init?(_ rows: [SpoolReader.Row]) {
    guard let first = rows.first, let last = rows.last else { return nil }
    numbers = first.number...last.number
    oldest = first.made
    size = rows.reduce(0) { $0 + $1.size }
    for row in rows {
      guard let batch = row.batch else {
        damaged.append(row.number)
        continue
      }
      events += batch.events
      let first = requests.count
      requests += batch.requests
      guard !batch.scopes.isEmpty else { continue }
      let offset = scopes.count
      scopes += batch.scopes
      for place in first..<requests.count where !requests[place].shares.isEmpty {
        for share in requests[place].shares.indices {
          requests[place].shares[share].scope += offset
        }
      }
    }
  }

  /// What the identities' table is asked for.
  var identities: CopyRows {
    var rows = CopyRows()
    for request in requests {
      rows.beginRow(columns: 2)
      rows.add(request.identity.start.microseconds)
      rows.add(Int64(bitPattern: request.identity.hash))
    }
    return rows
  }

  /// Leaves out all requests but those of `fresh`, each once.
  mutating func keep(_ fresh: Set<Identity>) {
    var left = fresh
    requests.removeAll { left.remove($0.identity) == nil }
  }

  /// The labels that its rows refer to.
  func want(from labels: inout SharedLabels) {
    for request in requests {
      let key = request.key
      labels.want(.provider, key.provider)
      labels.want(.model, key.model)
      labels.want(.route, key.route)
      labels.want(.powerLevel, key.powerLevel)
      labels.want(.key, key.key)
      labels.want(.team, key.team)
      labels.want(.extras, key.extras)
      labels.want(.user, request.user)
      labels.want(.endUser, request.endUser)
      for tag in request.tags { labels.want(.tag, tag) }
      labels.want(.route, request.row.servedRoute)
      labels.want(.deployment, request.row.deployment)
      labels.want(.provider, request.row.firstProvider)
      labels.want(.model, request.row.firstModel)
    }
  }

  /// The sums of what was kept, by local ids.
  var sums: RollupDelta {
    var delta = RollupDelta()
    for request in requests {
      delta.add(request.sums, to: request.key)
      func add(_ side: SideRollupKey.Side, _ value: UInt32) {
        guard value != 0 else { return }
        let key = SideRollupKey(
          side: side, quarter: request.key.quarter, status: request.key.status, value: value)
        delta.add(request.sums, to: key)
      }
      add(.user, request.user)
      add(.endUser, request.endUser)
      for tag in request.tags { add(.tag, tag) }
    }
    return delta
  }
}

extension RollupDelta {
  static let rowKeys = [
    "quarter", "status", "provider", "model", "route", "power_level", "key", "team", "extras",
  ]
  static let sideKeys = ["side", "quarter", "value", "status"]

  /// As rows of the table `rollup`.
  func rows(_ labels: SharedLabels) -> CopyRows {
    var rows = CopyRows()
    for number in rowOrder {
      withRow(number) { key, sums in
        rows.beginRow(columns: Self.rowKeys.count + RollupSums.count)
        rows.add(key.quarter)
        rows.add(Int32(bitPattern: key.status))
        rows.add(labels.id(.provider, key.provider))
        rows.add(labels.id(.model, key.model))
        rows.add(labels.id(.route, key.route))
        rows.add(labels.id(.powerLevel, key.powerLevel))
        rows.add(labels.id(.key, key.key))
        rows.add(labels.id(.team, key.team))
        rows.add(labels.id(.extras, key.extras))
        for place in 0..<RollupSums.count { rows.add(sums[place]) }
      }
    }
    return rows
  }

  /// As rows of the table `rollup_side`.
  func sides(_ labels: SharedLabels) -> CopyRows {
    var rows = CopyRows()
    for number in sideOrder {
      withSide(number) { key, sums in
        rows.beginRow(columns: Self.sideKeys.count + RollupSums.count)
        rows.add(Int32(key.side.rawValue))
        rows.add(key.quarter)
        rows.add(labels.id(key.side.dimension, key.value))
        rows.add(Int32(bitPattern: key.status))
        for place in 0..<RollupSums.count { rows.add(sums[place]) }
      }
    }
    return rows
  }
}

extension SideRollupKey.Side {
  fileprivate var dimension: Dimension {
    switch self {
    case .user: .user
    case .endUser: .endUser
    case .tag: .tag
    }
  }
}
