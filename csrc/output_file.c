/* A file that is replaced only when its new text is whole: where that text is to be written meanwhile. */
#define _GNU_SOURCE /* realpath */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat.h"
#include "core.h"
#include "descriptors.h"

#define NAMES_TRIED 100

static int push_failure(lua_State *L, const char *path, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(error));
  return 2;
}

/* Pushes the path behind links; a file that is not there yet is where it is said to be. */
static void push_target(lua_State *L, const char *path) {
  char *real = realpath(path, NULL);
  lua_pushstring(L, real ? real : path);
  free(real);
}

/* An empty file beside the target, with the rights that the target has. */
static int create_beside(const char *beside, const struct stat *target) {
  int fd = imr_open_file(beside, O_WRONLY | O_CREAT | O_EXCL, target ? 0600 : 0666);
  if (fd < 0) return -1;
  int failed = target && fchmod(fd, target->st_mode & 0777) != 0;
  return close(fd) != 0 || failed ? -1 : 0;
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
  const char *path = luaL_checkstring(L, 1);
  push_target(L, path);
  const char *target = lua_tostring(L, -1);
  struct stat status;
  int there = stat(target, &status) == 0;
  if (there && S_ISDIR(status.st_mode)) return push_failure(L, path, EISDIR);
  if (there && !S_ISREG(status.st_mode)) return 1;
  if (push_beside(L, target, there ? &status : NULL) != 0) return push_failure(L, path, errno);
  return 2;
}

/*** Writes a file's bytes through to the disk, before it takes the place of another.
@function sync_file
@tparam string path
@treturn true|nil
@treturn string|nil what is wrong */
static int sync_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int fd = imr_open_file(path, O_WRONLY, 0);
  int failed = fd < 0 || fsync(fd) != 0;
  int error = errno;
  if (fd >= 0) close(fd);
  if (failed) return push_failure(L, path, error);
  lua_pushboolean(L, 1);
  return 1;
}

void imr_open_output_file(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"prepare_output", prepare_output},
      {"sync_file", sync_file},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
