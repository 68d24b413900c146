import CXXHash

/// XXH3's 64 bits of `bytes`: fast and well spread, but no proof against a forger, so what must not
/// collide is compared as well or keyed with a secret `seed`.
package func hash64(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
  XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, seed)
}
