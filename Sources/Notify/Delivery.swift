import FoundationEssentials
package import HTTP
package import Support

/// One attempt to deliver one notification.
package struct Delivery: Sendable {
  /// How a request is sent: the HTTP client's, or a test's.
  package typealias Send = @Sendable (ClientRequest) async -> Result<ClientResponse, ClientError>

  /// What came of an attempt.
  package struct Answer: Sendable, Equatable {
    package var verdict: RetrySchedule.Verdict
    /// For people, on one line, without a secret.
    package var text: String
  }

  private let send: Send

  package init(send: @escaping Send) { self.send = send }

  /// Sends with the HTTP client.
  package init(client: HTTPClient) {
    self.init { request in
      do throws(ClientError) { return .success(try await client.send(request)) } catch {
        return .failure(error)
      }
    }
  }

  /// Tells `receiver`; of several addresses the best answer counts.
  package func attempt(
    _ notification: Notification, to receiver: any Receiver, now: Timestamp
  ) async -> Answer {
    await best(of: receiver.requests(for: notification, at: now), receiver)
  }

  /// What an address of a receiver answers to a question that tells nobody anything.
  package struct Finding: Sendable, Equatable {
    package var isFine: Bool
    /// For people, on one line, without a secret.
    package var text: String
  }

  /// Asks whether `receiver` can be reached, one finding for each of its addresses.
  package func probe(_ receiver: any Receiver) async -> [Finding] {
    var findings: [Finding] = []
    for request in receiver.probes {
      switch await send(request) {
      case .success(let response):
        let isFine = receiver.isFine(response)
        let text = isFine ? "can be reached" : receiver.explain(response)
        findings.append(Finding(isFine: isFine, text: "\(request.url.origin): \(text)"))
      case .failure(let error): findings.append(Finding(isFine: false, text: "\(error)"))
      }
    }
    return findings
  }

  private func best(of requests: [ClientRequest], _ receiver: any Receiver) async -> Answer {
    await withTaskGroup(of: Answer.self) { group in
      for request in requests { group.addTask { await answer(to: request, receiver) } }
      var best: Answer?
      for await answer in group where best.map({ answer.rank < $0.rank }) ?? true { best = answer }
      return best ?? Answer(verdict: .refused, text: "it has no address")
    }
  }

  private func answer(to request: ClientRequest, _ receiver: any Receiver) async -> Answer {
    switch await send(request) {
    case .success(let response):
      let verdict = RetrySchedule.Verdict(
        status: response.status,
        wait: receiver.wait(in: response) ?? response.retryAfter(now: WallClock.system.now()))
      return Answer(
        verdict: verdict, text: "\(request.url.origin): \(receiver.explain(response))")
    case .failure(let error): return Answer(verdict: .failed(wait: nil), text: "\(error)")
    }
  }
}

extension Delivery.Answer {
  /// The least is the best.
  fileprivate var rank: Int {
    switch verdict {
    case .delivered: 0
    case .failed: 1
    case .barred: 2
    case .refused: 3
    }
  }
}

extension RetrySchedule.Verdict {
  /// What a status means; `wait` is what the receiver asked for.
  package init(status: Int, wait: TimeSpan? = nil) {
    switch status {
    case 200...299: self = .delivered
    case 400, 410, 413, 422: self = .refused
    case 401, 403, 404: self = .barred
    default: self = .failed(wait: wait)
    }
  }
}

extension ClientResponse {
  /// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
  func retryAfter(now: Timestamp) -> TimeSpan? {
    guard let text = headers["Retry-After"] else { return nil }
    if let seconds = Int64(text) { return .seconds(min(max(seconds, 0), 86_400)) }
    return HTTPDate.timestamp(text).map { max($0 - now, .seconds(0)) }
  }
}

/// The date format of HTTP's header fields.
enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; nil for anything else.
  static func timestamp(_ text: String) -> Timestamp? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int64(words[1]), (1...31).contains(day),
      let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
      (1970...9999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return Timestamp(
      text: "\(year)-\(two(Int64(month) + 1))-\(two(day))"
        + "T\(two(clock[0])):\(two(clock[1])):\(two(clock[2]))Z")
  }
}
