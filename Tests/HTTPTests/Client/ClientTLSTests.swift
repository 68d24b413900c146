import Glibc
import Support
import TestSupport
import Testing

@testable import HTTP

/// Against OpenSSL's own test server, where it is installed.
@Suite struct ClientTLSTests {
  private static let isInstalled = access("/usr/bin/openssl", X_OK) == 0

  @Test(.enabled(if: isInstalled, "openssl is not installed"))
  func onlyTrustedCertificatesAreTrusted() async throws {
    let server = try #require(TLSServer(name: "localhost"))
    let url = "https://localhost:\(server.port)/SECRET"
    let error = try await newClient().failure(url)
    #expect(error?.kind == .tls)
    #expect(error?.description.contains("certificate") == true)
    #expect(error?.description.contains("SECRET") == false)

    let response = try await newClient { $0.caFile = server.certificate }.get(url)
    #expect(response.status == 200)
  }

  @Test(.enabled(if: isInstalled, "openssl is not installed"))
  func certificateIsForItsName() async throws {
    let server = try #require(TLSServer(name: "elsewhere.example"))
    let client = try newClient { $0.caFile = server.certificate }
    let error = await client.failure("https://localhost:\(server.port)/")
    #expect(error?.kind == .tls)
    #expect(
      error?.reason == """
        no trusted TLS connection: SSL: no alternative certificate subject name matches target host \
        name 'localhost'
        """)
  }

  @Test func plainServerSpeaksNoTLS() async throws {
    let server = ScriptedServer { _ in [ScriptedServer.answer()] }
    let silent = try await newClient().failure(
      "https://127.0.0.1:\(server.port)/", limits: ClientLimits(total: .milliseconds(300)))
    #expect(silent?.kind == .timeout)
    #expect(silent?.reason == "no connection within 0.3 s")
  }

  @Test func certificatesThatAreNotThere() async throws {
    let error = try await newClient { $0.caFile = "/nonexistent.pem" }.failure(
      "https://127.0.0.1:1/")
    #expect(error?.kind == .refused || error?.kind == .tls)
  }
}

/// `openssl s_server` with a certificate of its own, ended with its owner.
private final class TLSServer {
  let port: UInt16
  let certificate: String
  private let process: pid_t
  private let scratch = Scratch()

  init?(name: String) {
    certificate = scratch.file("certificate.pem")
    let key = scratch.file("key.pem")
    let made = system(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=\(name) -addext subjectAltName=DNS:\(name) -keyout \(key) -out \(certificate) \
        2>\(scratch.file("made"))
      """)
    guard made == 0 else { return nil }
    let command = [
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key,
    ]
    var words = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let output = scratch.file("output")
    // Its input stays open and silent: at the end of it the server would quit.
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/zero", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var process = pid_t()
    guard posix_spawn(&process, "/usr/bin/openssl", &actions, nil, &words, environ) == 0 else {
      return nil
    }
    self.process = process
    guard let port = Self.port(in: output) else {
      self.port = 0
      return nil
    }
    self.port = port
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// It says `ACCEPT 127.0.0.1:40123` once it listens.
  private static func port(in path: String) -> UInt16? {
    let deadline = WallClock.monotonic.now() + .seconds(10)
    while WallClock.monotonic.now() < deadline {
      for line in TestData.text(at: path).split(separator: "\n") where line.hasPrefix("ACCEPT") {
        return line.split(separator: ":").last.flatMap { UInt16($0) }
      }
      sched_yield()
    }
    return nil
  }
}
