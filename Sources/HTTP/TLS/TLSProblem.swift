/// What of TLS' options cannot be used, and why.
package enum TLSProblem: Error, Equatable {
  case certificate(String)
  case key(String)
  case clientAuthorities(String)
  case cipherSuites(String)
  /// Not the options' fault.
  case system(String)
}
