#ifndef CPAGE_H
#define CPAGE_H

#include <stddef.h>

/// A file of the page, as it was when the program was built.
struct page_file {
  const char *name;
  const unsigned char *bytes;
  size_t count;
};

/// The file at `place`; those beyond the last have no name.
struct page_file page_file_at(size_t place);

#endif
