internal import CMalloc

/// How the C library keeps the process' memory.
package enum Memory {
  /// Has buffers above 256 KiB go back to the system as soon as they are freed.
  ///
  /// By itself glibc raises that bound to the largest buffer ever freed, and keeps from then on what
  /// a moment of heavy load has needed.
  package static func returnLargeBuffers() { mallopt(M_MMAP_THRESHOLD, 256 << 10) }
}
