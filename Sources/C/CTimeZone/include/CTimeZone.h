// Named time zones from the system's database, through Howard Hinnant's date library: C++, which
// Swift cannot call.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Lives for as long as the process; its functions may be called from any thread.
typedef struct tz_zone tz_zone;

enum { TZ_FOUND = 0, TZ_UNKNOWN, TZ_NO_DATABASE };

// Finds a zone by its IANA name.
int tz_find(const char *name, const tz_zone **zone);

// A stretch of time, in seconds since 1970, over which clocks keep one distance from UTC.
typedef struct {
  int64_t begin;
  int64_t end;
  // Seconds to add to UTC for the local time.
  int64_t offset;
} tz_span;

// The stretch around an instant; 0 if the database cannot be read.
int tz_span_at(const tz_zone *zone, int64_t instant, tz_span *span);

// The first instant at which clocks show a local time (seconds since 1970 as if it were UTC), or,
// where they skip it, at which they jump over it; 0 if the database cannot be read.
int tz_first_instant(const tz_zone *zone, int64_t local, int64_t *instant);

#ifdef __cplusplus
}
#endif
