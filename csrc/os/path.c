/* Links are followed as Linux does with fs.protected_symlinks, wherever that is off, and because a program
   that reads links itself, as realpath() does, is not protected by it. */
#define _GNU_SOURCE /* S_ISVTX, readlink */
#include "os/path.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_LINKS 40 /* as the kernel */

/* Did somebody else put it into a directory that is everybody's? */
static int is_planted(const char *directory, const struct stat *status) {
  struct stat parent;
  if (S_ISDIR(status->st_mode) || status->st_uid == geteuid()) return 0;
  if (stat(*directory ? directory : "/", &parent) != 0) return 0;
  return parent.st_mode & S_ISVTX && parent.st_mode & S_IWOTH && status->st_uid != parent.st_uid;
}

/* Puts a text before the rest of the way. */
static int put_before(char *rest, const char *text, size_t length) {
  size_t kept = strlen(rest);
  if (length + kept + 2 > PATH_MAX) return ENAMETOOLONG;
  memmove(rest + length + 1, rest, kept + 1);
  memcpy(rest, text, length);
  rest[length] = '/';
  return 0;
}

static int follow(char *resolved, size_t directory, char *rest) {
  char target[PATH_MAX];
  ssize_t length = readlink(resolved, target, sizeof target - 1);
  if (length < 0) return errno;
  resolved[target[0] == '/' ? 0 : directory] = '\0';
  return put_before(rest, target, (size_t)length);
}

static int append(char *resolved, const char *name, size_t length) {
  size_t before = strlen(resolved);
  if (before + length + 2 > PATH_MAX) return ENAMETOOLONG;
  resolved[before] = '/';
  memcpy(resolved + before + 1, name, length);
  resolved[before + 1 + length] = '\0';
  return 0;
}

/* Takes one name from the rest of the way. */
static int step(char *resolved, char *rest, int *links) {
  struct stat status;
  char name[PATH_MAX];
  size_t skip = strspn(rest, "/"), length = strcspn(rest + skip, "/"), directory = strlen(resolved);
  memcpy(name, rest + skip, length);
  name[length] = '\0';
  memmove(rest, rest + skip + length, strlen(rest + skip + length) + 1);
  if (length == 0 || strcmp(name, ".") == 0) return 0;
  if (strcmp(name, "..") == 0) {
    char *slash = strrchr(resolved, '/');
    if (slash) *slash = '\0';
    return 0;
  }
  int error = append(resolved, name, length);
  if (error || lstat(resolved, &status) != 0) return error;
  resolved[directory] = '\0';
  int planted = is_planted(resolved, &status);
  resolved[directory] = '/';
  if (planted) return IMR_PATH_PLANTED;
  if (!S_ISLNK(status.st_mode)) return 0;
  return ++*links > MOST_LINKS ? ELOOP : follow(resolved, directory, rest);
}

int imr_path_resolve(const char *path, char *resolved) {
  char rest[PATH_MAX];
  size_t length = strlen(path);
  int links = 0, error = 0;
  if (length >= sizeof rest) return ENAMETOOLONG;
  memcpy(rest, path, length + 1);
  *resolved = '\0';
  if (*path != '/' && !getcwd(resolved, PATH_MAX)) return errno;
  if (strcmp(resolved, "/") == 0) *resolved = '\0';
  while (!error && *rest) error = step(resolved, rest, &links);
  if (!error && !*resolved) memcpy(resolved, "/", 2);
  return error;
}
