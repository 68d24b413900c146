import Testing

@testable import Metrics

@Suite struct NegotiationTests {
  private static let prometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
  private static let prometheus2Native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
    + "application/openmetrics-text;version=1.0.0;q=0.8,"
    + "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
  private static let prometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    + "application/openmetrics-text;version=0.0.1;q=0.5,"
    + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
  private static let text = "text/plain; version=0.0.4; charset=utf-8"
  private static let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"
  private static let openMetrics0 = "application/openmetrics-text; version=0.0.1; charset=utf-8"

  @Test(
    arguments: [
      (nil, text), ("", text), ("*/*", text), ("text/*", text), ("text/html", text),
      ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", text),
      (prometheus2, openMetrics), (prometheus2Native, openMetrics),
      (prometheus3, openMetrics + "; escaping=allow-utf-8"),
      ("application/openmetrics-text", openMetrics0),
      ("application/openmetrics-text; version=0.0.1", openMetrics0),
      ("application/openmetrics-text; version=2.0.0", text),
      ("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3", text),
      ("application/openmetrics-text;version=1.0.0;q=0,*/*;q=0.1", text),
      ("text/plain;version=1.0.0;escaping=allow-utf-8,text/plain;version=0.0.4;q=0.3", text),
      ("text/plain;version=0.0.4;escaping=underscores", text + "; escaping=underscores"),
      ("text/plain;version=0.0.4;escaping=x\r\nSet-Cookie: a", text),
      ("Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=1", openMetrics),
      ("application/openmetrics-text;version=1.0.0;q=", text),
      ("application/openmetrics-text;version=1.0.0;q=7", text),
      ("application/openmetrics-text;version=1.0.0;q=nan", text),
      (",;,;=;,q=1;;", text),
      ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", text),
    ] as [(String?, String)])
  func contentType(_ accept: String?, _ expected: String) {
    let choice = Negotiation.format(accept: accept)
    #expect(choice.contentType == expected)
    #expect((choice.format == .openMetrics) == expected.hasPrefix("application/"))
  }

  @Test(
    arguments: [
      (nil, false), ("", false), ("gzip", true), ("identity", false), ("x-gzip", true),
      ("gzip;q=0", false), ("gzip; q=0.0, *", false), ("*", true), ("*;q=0", false),
      ("deflate, gzip;q=1.0, *;q=0.5", true), ("GZIP", true), ("br, zstd", false),
      ("gzip;q=0.5, identity;q=0.9", false), ("gzip;q=0.5, identity;q=0.5", true),
      ("gzip;q=none", false), ("gzipped", false),
    ] as [(String?, Bool)])
  func gzip(_ acceptEncoding: String?, _ expected: Bool) {
    #expect(Negotiation.allowsGzip(acceptEncoding) == expected)
  }
}
