import Support
import TestSupport
import Testing

@testable import HTTP

/// A client for one test.
func newClient(_ change: (inout ClientOptions) -> Void = { _ in }) throws -> HTTPClient {
  var options = ClientOptions()
  change(&options)
  return try #require(HTTPClient(options))
}

extension HTTPClient {
  /// Calls the address, with a short time limit.
  func get(
    _ url: String, limits: ClientLimits = ClientLimits(total: .seconds(5))
  ) async throws -> ClientResponse {
    try await send(ClientRequest(ClientURL(url), limits: limits))
  }

  /// The error of a call that has to fail.
  func failure(
    _ url: String, limits: ClientLimits = ClientLimits(total: .seconds(5)),
    _ location: SourceLocation = #_sourceLocation
  ) async -> ClientError? {
    do {
      let response = try await get(url, limits: limits)
      Issue.record("answered \(response.status)", sourceLocation: location)
      return nil
    } catch {
      return error as? ClientError
    }
  }
}
