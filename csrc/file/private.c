/* Opened without following links, and looked at before they are trusted. */
#define _GNU_SOURCE /* S_IFMT, O_NOFOLLOW */
#include "file/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/open.h"

#define OTHERS (S_IRWXG | S_IRWXO)

void imr_private_problem(char *problem, const char *what, const char *path, int error) {
  snprintf(problem, IMR_PROBLEM_SIZE, "%s %.*s: %s", what, IMR_LONGEST_SHOWN, path, strerror(error));
}

/* NULL, or what makes this file or directory unfit for secrets. */
static const char *unfit(const struct stat *status, mode_t type) {
  if ((status->st_mode & S_IFMT) != type) return "is not of the expected kind";
  if (status->st_uid != geteuid()) return "belongs to another user";
  if (status->st_mode & OTHERS) return "can be used by others: take their rights away (chmod go= it)";
  if (type == S_IFREG && status->st_nlink > 1) return "is linked to from elsewhere";
  return NULL;
}

int imr_private_check(const struct stat *status, mode_t type, const char *path, char *problem) {
  const char *why = unfit(status, type);
  if (why) snprintf(problem, IMR_PROBLEM_SIZE, "%.*s %s", IMR_LONGEST_SHOWN, path, why);
  return why ? -1 : 0;
}

static int check_fd(int fd, const char *path, char *problem) {
  struct stat status;
  if (fstat(fd, &status) != 0) {
    imr_private_problem(problem, "cannot look at", path, errno);
    return -1;
  }
  return imr_private_check(&status, S_IFREG, path, problem);
}

int imr_private_open(const char *path, int flags, char *problem) {
  *problem = '\0';
  int fd = imr_open_file(path, flags | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) {
    if (errno == ELOOP)
      snprintf(problem, IMR_PROBLEM_SIZE, "%.*s is a symbolic link", IMR_LONGEST_SHOWN, path);
    else if (errno != ENOENT || flags & O_CREAT)
      imr_private_problem(problem, "cannot open", path, errno);
    return -1;
  }
  if (check_fd(fd, path, problem) == 0) {
    if (flags & O_CREAT) (void)fchmod(fd, 0600); /* whatever the umask takes away */
    return fd;
  }
  close(fd);
  return -1;
}
