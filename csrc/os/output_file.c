/* A file that is replaced only when its new text is whole: where that text is to be written meanwhile. */
#define _GNU_SOURCE /* O_DIRECTORY */
#include "os/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check_path.h"
#include "file/open.h"
#include "os/os.h"
#include "os/path.h"

#define NAMES_TRIED 100
#define PLANTED     "another user has put a link or a file there, in a directory that is everybody's"

static int push_failure(lua_State *L, const char *path, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, error == IMR_PATH_PLANTED ? PLANTED : strerror(error));
  return 2;
}

/* Pushes the path behind links; what is no path behind them (/dev/stdout, where that is a pipe) is what it is
 * called. */
static int push_target(lua_State *L, const char *path) {
  char resolved[PATH_MAX];
  struct stat status;
  int error = imr_path_resolve(path, resolved);
  if (error) return error;
  int is_lost = lstat(resolved, &status) != 0 && stat(path, &status) == 0;
  lua_pushstring(L, is_lost ? path : resolved);
  return 0;
}

/* An empty file beside the target, with the rights that the target has. */
static int create_beside(const char *beside, const struct stat *target) {
  int fd = imr_open_file(beside, O_WRONLY | O_CREAT | O_EXCL, target ? 0600 : 0666);
  if (fd < 0) return -1;
  if (target && fchmod(fd, target->st_mode & 0777) != 0) {
    int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return close(fd);
}

/* Creates it under a name that nobody has, and pushes that. A process that was killed may have left one of
 * ours: process ids come again, in containers all the time. */
static int push_beside(lua_State *L, const char *target, const struct stat *status) {
  for (int attempt = 0; attempt < NAMES_TRIED; attempt++) {
    lua_pushfstring(L, "%s.%d.%d.part", target, (int)getpid(), attempt);
    if (create_beside(lua_tostring(L, -1), status) == 0) return 0;
    if (errno != EEXIST) return -1;
    lua_pop(L, 1);
  }
  return -1;
}

/*** Prepares the replacement of a file. A device or a pipe can't be replaced: there is no second path then.
@function prepare_output
@tparam string path
@treturn string|nil target to write or to rename to
@treturn string|nil an empty file beside it that is to be written; with a nil target: what is wrong */
static int prepare_output(lua_State *L) {
  const char *path = imr_check_path(L, 1);
  int error = push_target(L, path);
  if (error) return push_failure(L, path, error);
  const char *target = lua_tostring(L, -1);
  struct stat status;
  int there = stat(target, &status) == 0;
  if (!there && path[strlen(path) - 1] == '/') return push_failure(L, path, ENOTDIR);
  if (there && S_ISDIR(status.st_mode)) return push_failure(L, path, EISDIR);
  if (there && !S_ISREG(status.st_mode)) return 1;
  if (push_beside(L, target, there ? &status : NULL) != 0) return push_failure(L, path, errno);
  return 2;
}

/* A pipe that nobody reads would be waited for. */
static int sync_path(const char *path, int flags) {
  int fd = imr_open_file(path, flags | O_NONBLOCK, 0);
  int error = fd < 0 || fsync(fd) != 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return error;
}

/* Some file systems cannot: then the name is on the disk when they think fit. */
void imr_sync_directory(const char *path) {
  char directory[PATH_MAX];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length >= sizeof directory) return;
  memcpy(directory, path, length);
  directory[length] = '\0';
  (void)sync_path(!slash ? "." : length ? directory : "/", O_RDONLY | O_DIRECTORY);
}

/*** Puts a file in the place of another, its bytes and its name written through to the disk. Only a regular
file is replaced.
@function replace_file
@tparam string from
@tparam string to
@treturn true|nil
@treturn string|nil what is wrong */
static int replace_file(lua_State *L) {
  const char *from = imr_check_path(L, 1), *to = imr_check_path(L, 2);
  struct stat status;
  int error = sync_path(from, O_WRONLY);
  if (!error && lstat(to, &status) == 0 && !S_ISREG(status.st_mode))
    error = S_ISDIR(status.st_mode) ? EISDIR : EEXIST;
  if (!error && rename(from, to) != 0) error = errno;
  if (error) return push_failure(L, to, error);
  imr_sync_directory(to);
  lua_pushboolean(L, 1);
  return 1;
}

void imr_open_output_file(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"prepare_output", prepare_output},
      {"replace_file", replace_file},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
