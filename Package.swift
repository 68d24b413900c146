// swift-tools-version: 6.2
// The module table: who may import whom, bottom to top.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A Debian `-dev` package; `Tests/install` and `deploy/run` install them all.
func library(_ name: String, debian: String, pkgConfig: String? = nil) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"],
    path: "Tests/\(name)Tests", swiftSettings: strict)
}

let package = Package(
  name: "sidelight",
  products: [.executable(name: "sidelight", targets: ["sidelight"])],
  targets: [
    library("CSQLite", debian: "libsqlite3-dev", pkgConfig: "sqlite3"),
    library("CYAML", debian: "libyaml-dev", pkgConfig: "yaml-0.1"),
    library("CCurl", debian: "libcurl4-openssl-dev", pkgConfig: "libcurl"),
    library("CMicroHTTPD", debian: "libmicrohttpd-dev", pkgConfig: "libmicrohttpd"),
    library("CGnuTLS", debian: "libgnutls28-dev", pkgConfig: "gnutls"),
    library("CCrypt", debian: "libcrypt-dev", pkgConfig: "libxcrypt"),
    library("CZlib", debian: "zlib1g-dev", pkgConfig: "zlib"),
    library("CZstd", debian: "libzstd-dev", pkgConfig: "libzstd"),
    library("CCrypto", debian: "libssl-dev", pkgConfig: "libcrypto"),
    library("CPostgres", debian: "libpq-dev", pkgConfig: "libpq"),
    library("CXXHash", debian: "libxxhash-dev", pkgConfig: "libxxhash"),
    .target(
      name: "CSimdJSON", path: "Sources/C/CSimdJSON",
      cxxSettings: [.unsafeFlags(["-O3", "-DNDEBUG"])],
      linkerSettings: [.linkedLibrary("simdjson")]),

    .systemLibrary(name: "CMalloc", path: "Sources/C/CMalloc"),
    .target(name: "CBirthTime", path: "Sources/C/CBirthTime"),
    .target(name: "CProgramText", path: "Sources/C/CProgramText"),
    // The page's files and Chart.js, of which Debian's `libjs-chart.js` is.
    .target(name: "CPage", path: "Sources/C/CPage"),
    .target(
      name: "CTimeZone", path: "Sources/C/CTimeZone",
      linkerSettings: [.linkedLibrary("date-tz")]),

    module("Support", ["CMalloc", "CProgramText", "CTimeZone", "CXXHash"]),
    module("Record", ["Support"]),
    module("Metrics", ["Support", "CZlib"]),
    module(
      "HTTP", ["Support", "CCurl", "CMicroHTTPD", "CGnuTLS", "CCrypt", "CCrypto"]),
    module("Postgres", ["Support", "CPostgres"]),
    .target(
      name: "Page", dependencies: ["HTTP", "Metrics", "Support", "CPage"], path: "Sources/Page",
      exclude: ["web"], swiftSettings: strict),
    module(
      "Source",
      ["Postgres", "Record", "Support", "CBirthTime", "CSimdJSON", "CZlib", "CZstd"]),
    module("Budget", ["Metrics", "Record", "Support", "CCrypto"]),
    module("Tally", ["Metrics", "Record", "Support", "CCrypto"]),
    module("Ledger", ["Budget", "Tally", "Record", "Metrics", "Support", "CSQLite"]),
    module("Shared", ["Budget", "Ledger", "Postgres", "Record", "Support", "Tally"]),
    module("Notify", ["HTTP", "Metrics", "Support", "CCrypto"]),
    module("Health", ["HTTP", "Metrics", "Record", "Support"]),
    module(
      "Config",
      [
        "Budget", "HTTP", "Health", "Ledger", "Metrics", "Notify", "Postgres", "Source", "Tally",
        "Support", "CYAML",
      ]),
    module(
      "Daemon",
      [
        "Budget", "Config", "HTTP", "Health", "Ledger", "Metrics", "Notify", "Page", "Postgres",
        "Record", "Shared", "Source", "Support", "Tally",
      ]),
    .executableTarget(
      name: "sidelight",
      dependencies: ["Budget", "Config", "Daemon", "Ledger", "Metrics", "Support"],
      path: "Sources/sidelight", swiftSettings: strict,
      // A megabyte of relocations that every start would read takes a few kilobytes.
      linkerSettings: [
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
          .when(platforms: [.linux]))
      ]),

    .target(
      name: "TestSupport", dependencies: ["Support"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("Support", ["Support"]),
    tests("Record", ["Record", "Support"]),
    tests("Metrics", ["Metrics", "Support", "CZlib"]),
    tests("HTTP", ["HTTP", "Support"]),
    tests("Postgres", ["Postgres", "Support"]),
    tests("Page", ["Page", "HTTP", "Support", "CZlib"]),
    tests("Source", ["Source", "Record", "Support"]),
    tests("Budget", ["Budget", "Record", "Support"]),
    tests("Tally", ["Tally", "Metrics", "Record", "Support"]),
    tests("Ledger", ["Ledger", "Tally", "Metrics", "Record", "Support"]),
    tests("Shared", ["Shared", "Budget", "Ledger", "Postgres", "Record", "Support", "Tally"]),
    tests("Notify", ["Notify", "HTTP", "Support"]),
    tests("Health", ["Health", "HTTP", "Metrics", "Record", "Support"]),
    tests(
      "Config",
      [
        "Budget", "Config", "HTTP", "Health", "Ledger", "Notify", "Source", "Tally", "Support",
      ]),
    tests("Tidy", ["Config", "Metrics"]),
    tests(
      "Daemon",
      [
        "Daemon", "Budget", "Config", "HTTP", "Health", "Ledger", "Metrics", "Notify", "Postgres",
        "Record", "Shared", "Source", "Support", "Tally",
      ]),
    tests("Command", ["Ledger", "Support", "sidelight"]),
  ],
  cxxLanguageStandard: .cxx17
)

// `Tests/fuzz` builds the properties that the tests check with the fuzzer's own main.
if Context.environment["SIDELIGHT_FUZZ"] != nil {
  package.targets.removeAll { $0.name == "SourceTests" }
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["Source", "Record", "Support", "TestSupport"],
      path: "Tests/SourceTests/Fuzz",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
