import Health
import Support

extension ProxyOptions {
  static let section = Section(
    blank: ProxyOptions(),
    keys: [
      Key(
        optional: "url", .url("http://127.0.0.1:4000"), \.url,
        "Where LiteLLM answers; without it nothing is probed."),
      Key(
        secret: "api_key", .bearerToken, \.apiKey,
        "A key of the proxy that may read its model list, for what it tells to nobody else."),
      Key(
        optional: "config", .path("file", expected: "a file such as litellm_config.yaml"), \.config,
        "LiteLLM's own configuration, for its routes and fallbacks."),
      Key(
        "probe", .choice(), \.probe,
        "What is asked: with `basic`, is it up; `cached`: also what its own health check in the background"
          + " found; `live`: has it call every deployment, which bills tokens."),
      Key(
        "interval", .duration(.seconds(1) ... .hours(1), "each is a request to the proxy"),
        \.interval, "Between two probes."),
      Key(
        "live_interval", .duration(.seconds(30) ... .days(1), "each bills tokens"), \.liveInterval,
        "Between two rounds of `live`."),
      Key(
        "timeout", .duration(.milliseconds(100) ... .minutes(1), "until then it counts as up"),
        \.timeout, "How long the proxy may take to say that it is up."),
      Key(
        "assume_cached", .flag, \.assumeCached,
        "Allows `cached` where `config` does not show `background_health_checks: true`."),
      Key(
        optional: "ca_file", .path("file", expected: "a PEM file"), \.caFile,
        "Certificates to trust instead of the system's."),
    ],
    check: { options, mapping, decoder in
      if let field = mapping["url"], options.url?.hasQuery == true {
        decoder.complain(field, "has a query, after which no path can follow")
      }
      guard let field = mapping["probe"], options.probe == .cached || options.probe == .live else {
        return
      }
      if mapping["url"] == nil {
        decoder.complain(field, "nothing can be probed without proxy.url")
      } else if options.probe == .cached, options.config == nil, !options.assumeCached {
        decoder.complain(
          field,
          "cached bills tokens unless the proxy checks health in the background: name its"
            + " configuration in proxy.config, or set proxy.assume_cached: true")
      }
    })
}
