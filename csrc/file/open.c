/* A file or a socket that is opened where a standard stream is closed gets the stream's number, and whatever
   is printed goes into it: rows into the slot file, notes into the connection to PostgreSQL. */
#define _GNU_SOURCE /* O_CLOEXEC */
#include "file/open.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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
