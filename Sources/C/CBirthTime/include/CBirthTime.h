#ifndef CBIRTHTIME_H
#define CBIRTHTIME_H

#include <stdint.h>

/// When a file was made, in nanoseconds since 1970; 0 where the file system does not tell. As for
/// the *at calls, `path` is relative to `directory`; an empty path means `directory` itself.
int64_t birth_time(int directory, const char *path);

#endif
