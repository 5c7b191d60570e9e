#define _GNU_SOURCE /* CLOCK_BOOTTIME */
#include "slots/boot.h"
#include "base/hash.h"
#include "file/open.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

int64_t imr_boot_clock(void) {
  struct timespec now = {0, 0};
#ifdef CLOCK_BOOTTIME
  clock_gettime(CLOCK_BOOTTIME, &now);
#else
  clock_gettime(CLOCK_MONOTONIC, &now);
#endif
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t imr_boot_identity(void) {
  char text[64];
  int fd = imr_open_file("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);
  if (fd < 0) return 1;
  ssize_t length = read(fd, text, sizeof text);
  close(fd);
  return length > 0 ? imr_hash(text, (size_t)length, 0) : 1;
}
