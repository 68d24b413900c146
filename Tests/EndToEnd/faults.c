// Makes system calls fail on demand, to be preloaded: a full disk, a broken one, a lock that fails.
//
// $FAULTS names a file that holds "CALLS ERRNO PATH", for example "write,sync 28 ledger.db": these
// calls fail with this error on files whose path contains PATH. While it is empty nothing fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { room = 256 };
static const char *orders;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULTS");
  const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, room, PROT_READ, MAP_SHARED, file, 0);
  if (page != MAP_FAILED) orders = page;
  close(file);
}

// The error with which `call` on `file` is to fail; 0 to let it pass.
static int fault(const char *call, int file) {
  if (!orders || !orders[0]) return 0;
  char order[room], link[64], path[512], calls[64], match[128];
  int error = 0;
  memcpy(order, orders, room);
  order[room - 1] = 0;
  if (sscanf(order, "%63s %d %127s", calls, &error, match) != 3 || !strstr(calls, call)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, match) ? error : 0;
}

#define PASS(name, result, call, parameters, arguments)                            \
  result name parameters {                                                         \
    static result (*real) parameters;                                              \
    if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);               \
    const int error = fault(call, file);                                           \
    if (!error) return real arguments;                                             \
    errno = error;                                                                 \
    return -1;                                                                     \
  }

PASS(pread, ssize_t, "read", (int file, void *to, size_t count, off_t at), (file, to, count, at))
PASS(pread64, ssize_t, "read", (int file, void *to, size_t count, off64_t at),
     (file, to, count, at))
PASS(write, ssize_t, "write", (int file, const void *from, size_t count), (file, from, count))
PASS(pwrite, ssize_t, "write", (int file, const void *from, size_t count, off_t at),
     (file, from, count, at))
PASS(pwrite64, ssize_t, "write", (int file, const void *from, size_t count, off64_t at),
     (file, from, count, at))
PASS(ftruncate, int, "write", (int file, off_t size), (file, size))
PASS(ftruncate64, int, "write", (int file, off64_t size), (file, size))
PASS(fsync, int, "sync", (int file), (file))
PASS(fdatasync, int, "sync", (int file), (file))
