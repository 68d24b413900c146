import CCurl
import Glibc

/// How far a transfer had come.
enum TransferPhase {
  case connecting
  case waiting
  case answering
}

/// How the library ended a transfer, in a kind and in words.
struct TransferFailure {
  var code: CURLcode
  var phase: TransferPhase
  var limits: ClientLimits
  /// Which limit made the receiver refuse more.
  var exceeded: String?
  /// The last `errno` of a failed connect.
  var systemError: Int32
  /// The library's own text. Used for TLS only: it names what is wrong with a certificate, and no
  /// path has been looked at by then.
  var problem: String

  var kind: ClientError.Kind { verdict.0 }
  var reason: String { verdict.1 }

  private var verdict: (ClientError.Kind, String) {
    if let exceeded { return (.tooLarge, exceeded) }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return (.nameNotFound, "the host name was not found")
    case CURLE_COULDNT_CONNECT: return noConnection
    case CURLE_OPERATION_TIMEDOUT: return (.timeout, lateness)
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return (.tls, "no trusted TLS connection: \(problem.isEmpty ? words : problem)")
    case CURLE_GOT_NOTHING: return (.cutOff, "the connection ended without an answer")
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR:
      return (.cutOff, "the connection ended before the answer did")
    case CURLE_SEND_ERROR: return (.cutOff, "the connection ended while the request was sent")
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
      return (.notHTTP, "what answered does not speak HTTP")
    case CURLE_URL_MALFORMAT: return (.badURL, "the address cannot be called")
    default: return (.failed, words)
    }
  }

  private var noConnection: (ClientError.Kind, String) {
    if systemError == ECONNREFUSED { return (.refused, "the connection was refused") }
    guard systemError != 0, let text = strerror(systemError) else {
      return (.unreachable, "no connection could be made")
    }
    return (.unreachable, "no connection could be made: \(String(cString: text))")
  }

  private var lateness: String {
    switch phase {
    case .connecting: "no connection within \(min(limits.connect, limits.total).inWords)"
    case .waiting: "no answer within \(limits.total.inWords)"
    case .answering: "the answer was not complete within \(limits.total.inWords)"
    }
  }

  /// The library's general description, which knows nothing of the request.
  private var words: String {
    curl_easy_strerror(code).map { String(cString: $0) } ?? "failed"
  }
}
