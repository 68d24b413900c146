// As Debian builds the library: it reads the system's compiled zones.
#define USE_OS_TZDB 1
#define ONLY_C_LOCALE 1
#define HAS_STRING_VIEW 1
#include "CTimeZone.h"

#include <date/tz.h>

using date::local_info;
using date::time_zone;
using std::chrono::seconds;

static const time_zone *of(const tz_zone *zone) {
  return reinterpret_cast<const time_zone *>(zone);
}

// No exception may pass into Swift.
int tz_find(const char *name, const tz_zone **zone) {
  try {
    if (date::get_tzdb().zones.empty()) return TZ_NO_DATABASE;
  } catch (...) {
    return TZ_NO_DATABASE;
  }
  try {
    *zone = reinterpret_cast<const tz_zone *>(date::locate_zone(name));
    return TZ_FOUND;
  } catch (...) {
    return TZ_UNKNOWN;
  }
}

int tz_span_at(const tz_zone *zone, int64_t instant, tz_span *span) {
  try {
    auto info = of(zone)->get_info(date::sys_seconds(seconds(instant)));
    span->begin = info.begin.time_since_epoch().count();
    span->end = info.end.time_since_epoch().count();
    span->offset = info.offset.count();
    return 1;
  } catch (...) {
    return 0;
  }
}

int tz_first_instant(const tz_zone *zone, int64_t local, int64_t *instant) {
  try {
    auto time = date::local_seconds(seconds(local));
    auto info = of(zone)->get_info(time);
    *instant = info.result == local_info::nonexistent
                   ? info.first.end.time_since_epoch().count()
                   : local - info.first.offset.count();
    return 1;
  } catch (...) {
    return 0;
  }
}
