import Dispatch
import Support

/// Finds out what a request's credentials are worth, and decides.
///
/// Passwords are computed by one thread of its own, one after the other: neither scrapes nor the
/// library's threads wait for it, and guessing takes no more than that one thread.
final class Gatekeeper: Sendable {
  /// Passwords that may wait to be computed.
  static let mostWaiting = 32

  /// A password that has to be computed before a request can be decided.
  struct Login: Sendable {
    fileprivate var request: HTTPRequest
    fileprivate var needsToken: Bool
    fileprivate var password: String
    /// Of an unknown user: another's, so that the answer takes as long.
    fileprivate var hash: PasswordHash
    fileprivate var isKnown: Bool
    fileprivate var key: VerdictCache.Key?
  }

  /// How to go on with a request.
  enum Ruling {
    case decided(AccessPolicy.Decision)
    case afterCheck(Login)
  }

  fileprivate struct State: Sendable {
    var policy: AccessPolicy
    var users: [String: PasswordHash]
    var rate: RequestRate?
    var rateLimit: WebAccess.RateLimit?
    var cache = VerdictCache()
    var throttle = LoginThrottle()
    var waiting = 0
  }

  private let state: Locked<State>
  private let clock: WallClock
  private let queue = DispatchQueue(label: "passwords", qos: .utility)

  init(_ options: WebOptions, clock: WallClock) {
    let limit = options.access.rateLimit
    state = Locked(
      State(
        policy: AccessPolicy(options), users: options.access.users,
        rate: limit.map(RequestRate.init), rateLimit: limit))
    self.clock = clock
  }

  /// Decides by other options from now on.
  func allow(_ options: WebOptions) {
    state.withLock { state in
      state.policy = AccessPolicy(options)
      state.users = options.access.users
      if state.rateLimit != options.access.rateLimit {
        state.rateLimit = options.access.rateLimit
        state.rate = state.rateLimit.map(RequestRate.init)
      }
    }
  }

  /// Decides about a request, unless a password has to be computed first.
  func rule(_ request: HTTPRequest, needsToken: Bool) -> Ruling {
    let now = clock.now()
    return state.withLock { state in
      if state.rate?.take(at: now) == false {
        return .decided(.limited(seconds: state.rateLimit?.interval.wholeSeconds ?? 1))
      }
      guard state.policy.asksForProof(request, needsToken: needsToken) else {
        return .decided(state.policy.decide(request, needsToken: needsToken))
      }
      let credentials = Credentials(request.headers["Authorization"])
      if credentials != .none, let wait = state.throttle.wait(request.remote, at: now) {
        return .decided(.slowed(seconds: wait.wholeSeconds))
      }
      switch credentials {
      case .none: return .decided(state.policy.decide(request, needsToken: needsToken))
      case .token(let token):
        return .decided(state.judge(token, request, needsToken: needsToken, at: now))
      case .password(let user, let password):
        return state.judge(user, password, request, needsToken: needsToken, at: now)
      }
    }
  }

  /// Computes the password and calls `done`, from another thread, with the decision.
  func check(_ login: Login, done: @escaping @Sendable (AccessPolicy.Decision) -> Void) {
    let hasRoom = state.withLock { state in
      guard state.waiting < Self.mostWaiting else {
        state.throttle.refund(login.request.remote)
        return false
      }
      state.waiting += 1
      return true
    }
    guard hasRoom else { return done(.busy) }
    queue.async { [self] in
      // Several may have come with the same password before it was computed.
      let known = state.withLock { $0.cache[login.key] }
      let isRight = known ?? (login.hash.matches(login.password) && login.isKnown)
      done(state.withLock { $0.conclude(login, isRight: isRight) })
    }
  }
}

extension Gatekeeper.State {
  fileprivate mutating func judge(
    _ token: String, _ request: HTTPRequest, needsToken: Bool, at now: Timestamp
  ) -> AccessPolicy.Decision {
    let proof = policy.proof(ofToken: token)
    if proof == .wrong {
      let key = cache.key(["token", token])
      // Who repeats himself guesses nothing.
      if cache[key] == nil { charge(request.remote, at: now) }
      cache.remember(key, isRight: false)
    }
    return policy.decide(request, needsToken: needsToken, proof: proof)
  }

  fileprivate mutating func judge(
    _ user: String, _ password: String, _ request: HTTPRequest, needsToken: Bool,
    at now: Timestamp
  ) -> Gatekeeper.Ruling {
    // A route for the token alone, or no users at all: whatever it is, it is not right.
    guard !needsToken, let hash = users[user] ?? users.values.max(by: { $0.cost < $1.cost }) else {
      return .decided(policy.decide(request, needsToken: needsToken, proof: .wrong))
    }
    let isKnown = users[user] != nil
    let key = cache.key(["user", user, password, isKnown ? hash.text : ""])
    if let isRight = cache[key] {
      return .decided(
        policy.decide(request, needsToken: needsToken, proof: isRight ? .user : .wrong))
    }
    // Paid in advance, so that many at once gain nothing, and given back if it was right.
    charge(request.remote, at: now)
    return .afterCheck(
      Gatekeeper.Login(
        request: request, needsToken: needsToken, password: password, hash: hash,
        isKnown: isKnown, key: key))
  }

  fileprivate mutating func conclude(
    _ login: Gatekeeper.Login, isRight: Bool
  ) -> AccessPolicy.Decision {
    waiting -= 1
    cache.remember(login.key, isRight: isRight)
    if isRight { throttle.refund(login.request.remote) }
    return policy.decide(
      login.request, needsToken: login.needsToken, proof: isRight ? .user : .wrong)
  }

  private mutating func charge(_ address: IPAddress, at now: Timestamp) {
    if throttle.charge(address, at: now) {
      Log.warn("\(address) sent \(LoginThrottle.burst) wrong credentials and has to wait now")
    }
  }
}

extension TimeSpan {
  /// Rounded up, at least 1, for `Retry-After`.
  fileprivate var wholeSeconds: Int64 { max(1, (microseconds + 999_999) / 1_000_000) }
}
