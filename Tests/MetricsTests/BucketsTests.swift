import Testing

@testable import Metrics

@Suite struct BucketsTests {
  @Test func durationsAreTheGenAIBoundariesCarriedOn() {
    #expect(
      Buckets.duration.labels == [
        "0.01", "0.02", "0.04", "0.08", "0.16", "0.32", "0.64", "1.28", "2.56", "5.12", "10.24",
        "20.48", "40.96", "81.92", "163.84", "327.68", "655.36", "+Inf",
      ])
  }

  @Test func labelsAreFloatsEvenIfWhole() {
    #expect(
      Buckets.firstToken.labels == [
        "0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5", "0.75",
        "1.0", "2.5", "5.0", "7.5", "10.0", "15.0", "20.0", "30.0", "45.0", "60.0", "+Inf",
      ])
    #expect(
      Buckets.perToken.labels == [
        "0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.75",
        "1.0", "2.5", "+Inf",
      ])
  }

  @Test(arguments: [Buckets.duration, .firstToken, .perToken, .commit])
  func boundsRise(_ buckets: Buckets) {
    #expect(zip(buckets.bounds, buckets.bounds.dropFirst()).allSatisfy { $0 < $1 })
    #expect(buckets.labels.count == buckets.count)
  }

  @Test func boundsAreInclusive() {
    let buckets = Buckets([1000, 5000])
    #expect([-1, 0, 999, 1000].map(buckets.index) == [0, 0, 0, 0])
    #expect([1001, 5000].map(buckets.index) == [1, 1])
    #expect([5001, Int64.max].map(buckets.index) == [2, 2])
  }
}
