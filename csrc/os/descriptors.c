/* A file or a socket that is opened where a standard stream is closed gets the stream's number, and whatever
   is printed goes into it: rows into the slot file, notes into the connection to PostgreSQL. */
#define _GNU_SOURCE /* O_CLOEXEC */
#include "os/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/core.h"

/* Opened the wrong way round, so that reading and writing still fail as they do where it is closed: rows must
   not vanish in /dev/null. The children of a program get it too, since they have the same need. */
static void occupy(int descriptor) {
  int flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
  int fd = open("/dev/null", flags);
  if (fd < 0) fd = open("/", O_RDONLY);       /* a host without devices */
  if (fd >= 0 && fd != descriptor) close(fd); /* another thread was quicker */
}

void imr_keep_standard_descriptors(void) {
  int error = errno;
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
    if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) occupy(descriptor);
  errno = error;
}

int imr_open_file(const char *path, int flags, mode_t mode) {
  imr_keep_standard_descriptors();
  return open(path, flags | O_CLOEXEC, mode);
}

/*** Occupies those of the descriptors 0, 1 and 2 that are closed. To be called before anything is opened
whose number is not ours to choose. Reading and writing there goes on failing.
@function keep_standard_descriptors */
static int keep_standard_descriptors(lua_State *L) {
  (void)L;
  imr_keep_standard_descriptors();
  return 0;
}

void imr_open_descriptors(lua_State *L) {
  lua_pushcfunction(L, keep_standard_descriptors);
  lua_setfield(L, -2, "keep_standard_descriptors");
}
