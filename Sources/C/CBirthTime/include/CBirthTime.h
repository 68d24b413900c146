#ifndef CBIRTHTIME_H
#define CBIRTHTIME_H

#include <stdint.h>

/// When the file behind a descriptor was made, in nanoseconds since 1970; 0 where the file system
/// does not tell.
int64_t birth_time(int descriptor);

#endif
