internal import CMalloc
internal import CProgramText

/// How the C library keeps the process' memory.
package enum Memory {
  /// Has buffers above 256 KiB go back to the system as soon as they are freed.
  ///
  /// By itself glibc raises that bound to the largest buffer ever freed, and keeps from then on what
  /// a moment of heavy load has needed.
  package static func returnLargeBuffers() { mallopt(M_MMAP_THRESHOLD, 256 << 10) }

  /// Lets go of the code and constants that only the start has needed: most of a program's pages.
  ///
  /// What is still used comes back from the file, as after a time without memory.
  package static func releaseStart() { release_program_text() }
}
