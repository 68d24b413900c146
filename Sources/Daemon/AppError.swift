import HTTP
import Ledger
import Record
import Shared

/// Why the sidecar cannot start, in words for its operator.
package enum AppError: Error, CustomStringConvertible {
  case ledger(String)
  case prices(String)
  case web(String)
  case receiver(String)
  /// No threads or descriptors left.
  case noResources

  package var description: String {
    switch self {
    case .ledger(let reason), .prices(let reason), .web(let reason), .receiver(let reason):
      reason
    case .noResources: "out of threads or file descriptors; raise the limits of this process"
    }
  }

  static func of<Value>(_ body: () throws(LedgerError) -> Value) throws(AppError) -> Value {
    do throws(LedgerError) { return try body() } catch { throw .ledger("\(error)") }
  }

  static func of<Value>(_ body: () throws(SharedLedgerError) -> Value) throws(AppError) -> Value {
    do throws(SharedLedgerError) { return try body() } catch { throw .ledger("\(error)") }
  }

  static func of<Value>(_ body: () throws(HTTPServerError) -> Value) throws(AppError) -> Value {
    do throws(HTTPServerError) { return try body() } catch { throw .web("\(error)") }
  }

  static func of<Value>(_ body: () throws(PriceBook.Problem) -> Value) throws(AppError) -> Value {
    do throws(PriceBook.Problem) { return try body() } catch { throw .prices("\(error)") }
  }

  static func of<Value>(_ body: () throws(ClientError) -> Value) throws(AppError) -> Value {
    do throws(ClientError) { return try body() } catch { throw .receiver("\(error)") }
  }
}
