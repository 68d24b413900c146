// statx(2) is declared only under _GNU_SOURCE, which Swift's Glibc module does not set.
#define _GNU_SOURCE
#include "CBirthTime.h"

#include <fcntl.h>
#include <sys/stat.h>

int64_t birth_time(int directory, const char *path) {
  struct statx facts;
  if (statx(directory, path, AT_EMPTY_PATH, STATX_BTIME, &facts) != 0) return 0;
  if (!(facts.stx_mask & STATX_BTIME)) return 0;
  return facts.stx_btime.tv_sec * 1000000000LL + facts.stx_btime.tv_nsec;
}
