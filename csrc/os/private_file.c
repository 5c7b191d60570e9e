/* Files that are their owner's alone: read, replaced as a whole, locked. What stands in them is Lua's
 * business. */
#define _GNU_SOURCE /* S_IFMT, O_NOFOLLOW, flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check_path.h"
#include "base/class.h"
#include "file/open.h"
#include "file/private.h"
#include "os/os.h"
#include "os/output_file.h"

#define LOCK_TYPE    "imr.lock"
#define LARGEST_FILE 65536
#define ATTEMPTS     100

typedef struct imr_lock {
  int fd; /* -1: released */
  pid_t owner;
} imr_lock;

static int push_problem(lua_State *L, const char *problem) {
  lua_pushnil(L);
  if (!*problem) return 1;
  lua_pushstring(L, problem);
  return 2;
}

/* ---------------------------------------------------------------- directory */

static int make_directory(const char *path) {
  if (mkdir(path, 0700) != 0) return -1;
  (void)chmod(path, 0700); /* whatever the umask takes away */
  return 0;
}

/* Makes every missing directory on the way, as `mkdir -p` does. */
static int make_path(char *path, char *problem) {
  for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = '\0';
    int failed = make_directory(path) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES;
    if (failed) imr_private_problem(problem, "cannot make directory", path, errno);
    *slash = '/';
    if (failed) return -1;
  }
  if (make_directory(path) == 0 || errno == EEXIST) return 0;
  imr_private_problem(problem, "cannot make directory", path, errno);
  return -1;
}

/*** Makes a directory (0700) with what is missing above it, or checks the one that is there.
@function private_directory
@tparam string path
@treturn true|nil
@treturn string|nil what is wrong */
static int private_directory(lua_State *L) {
  const char *given = imr_check_path(L, 1);
  size_t length = strlen(given);
  char *path = lua_newuserdata(L, length + 1);
  char problem[IMR_PROBLEM_SIZE] = "";
  struct stat status;
  memcpy(path, given, length + 1);
  if (make_path(path, problem) == 0) {
    if (lstat(path, &status) != 0)
      imr_private_problem(problem, "cannot look at", path, errno);
    else
      (void)imr_private_check(&status, S_IFDIR, path, problem);
  }
  if (*problem) return push_problem(L, problem);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---------------------------------------------------------------- read and replace */

static ssize_t read_all(int fd, char *text, size_t size) {
  size_t got = 0;
  while (got < size) {
    ssize_t count = read(fd, text + got, size - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    got += (size_t)count;
  }
  return (ssize_t)got;
}

/*** The text of a private file, which has at most 64 KiB.
@function private_read
@tparam string path
@treturn string|nil text; nil alone when there is no file
@treturn string|nil what is wrong
@treturn true|nil there is more than that */
static int private_read(lua_State *L) {
  const char *path = imr_check_path(L, 1);
  char *text = lua_newuserdata(L, LARGEST_FILE + 1);
  char problem[IMR_PROBLEM_SIZE];
  int fd = imr_private_open(path, O_RDONLY, problem);
  if (fd < 0) return push_problem(L, problem);
  ssize_t got = read_all(fd, text, LARGEST_FILE + 1);
  if (got < 0) imr_private_problem(problem, "cannot read", path, errno);
  close(fd);
  if (got < 0) return push_problem(L, problem);
  if (got > LARGEST_FILE) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s is longer than %d KiB", path, LARGEST_FILE / 1024);
    lua_pushboolean(L, 1);
    return 3;
  }
  lua_pushlstring(L, text, (size_t)got);
  return 1;
}

static int write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t count = write(fd, text, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    text += count;
    length -= (size_t)count;
  }
  return 0;
}

/* Writes beside the file and renames: a reader sees the old text or the new one, whatever happens to us. What
   a killed writer left beside it is not written into: it might be a link. */
static int replace(const char *path, const char *beside, const char *text, size_t length, char *problem) {
  struct stat status;
  if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
    snprintf(problem, IMR_PROBLEM_SIZE, "%.*s is no file: it is not replaced", IMR_LONGEST_SHOWN, path);
    return -1;
  }
  unlink(beside);
  int fd = imr_private_open(beside, O_WRONLY | O_CREAT | O_EXCL, problem);
  if (fd < 0) return -1;
  int error = write_all(fd, text, length) != 0 || fsync(fd) != 0 ? errno : 0;
  if (close(fd) != 0 && !error) error = errno;
  if (!error && rename(beside, path) != 0) error = errno;
  if (!error) {
    imr_sync_directory(path);
    return 0;
  }
  imr_private_problem(problem, "cannot write", path, error);
  unlink(beside);
  return -1;
}

/*** Replaces a private file (0600) as a whole. Only one writer at a time: see private_lock.
@function private_write
@tparam string path
@tparam string text
@treturn true|nil
@treturn string|nil what is wrong */
static int private_write(lua_State *L) {
  size_t length;
  const char *path = imr_check_path(L, 1);
  const char *text = luaL_checklstring(L, 2, &length);
  char problem[IMR_PROBLEM_SIZE] = "";
  lua_pushfstring(L, "%s.new", path);
  if (replace(path, lua_tostring(L, -1), text, length, problem) != 0) return push_problem(L, problem);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---------------------------------------------------------------- make */

/* A file that is there is only looked at: who closes a file gives up all locks that its process has on it,
   and SQLite has its locks that way. */
static void make(const char *path, char *problem) {
  struct stat status;
  int fd;
  while (lstat(path, &status) != 0) {
    fd = errno == ENOENT ? imr_open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600) : -1;
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) imr_private_problem(problem, "cannot make", path, errno);
    if (fd >= 0) (void)fchmod(fd, 0600);
    if (fd >= 0) close(fd);
    return;
  }
  (void)imr_private_check(&status, S_IFREG, path, problem);
}

/*** Makes an empty private file (0600), or checks the one that is there without opening it.
@function private_make
@tparam string path
@treturn true|nil
@treturn string|nil what is wrong */
static int private_make(lua_State *L) {
  char problem[IMR_PROBLEM_SIZE] = "";
  make(imr_check_path(L, 1), problem);
  if (*problem) return push_problem(L, problem);
  lua_pushboolean(L, 1);
  return 1;
}

/*** Tells which file is at a path, so that one can notice that it is another by now.
@function file_identity
@tparam string path
@treturn string|nil nil where there is none */
static int file_identity(lua_State *L) {
  struct stat status;
  char text[64];
  if (stat(imr_check_path(L, 1), &status) != 0) return 0;
  snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
  lua_pushstring(L, text);
  return 1;
}

/* ---------------------------------------------------------------- lock */

/*** Gives the lock back. Twice is fine.
@function lock:release */
static int lock_release(lua_State *L) {
  imr_lock *lock = luaL_checkudata(L, 1, LOCK_TYPE);
  /* Unlocked by name, since a child of ours may have the descriptor too; but never by such a child. */
  if (lock->fd >= 0 && lock->owner == getpid()) flock(lock->fd, LOCK_UN);
  if (lock->fd >= 0) close(lock->fd);
  lock->fd = -1;
  return 0;
}

/* The locked file, or -1. A lock on a file that has been removed meanwhile is no lock. */
static int open_locked(const char *path, char *problem) {
  struct stat status;
  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    int fd = imr_private_open(path, O_RDWR | O_CREAT, problem);
    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) imr_private_problem(problem, "cannot lock", path, errno);
      close(fd);
      return -1;
    }
    if (fstat(fd, &status) == 0 && status.st_nlink > 0) return fd;
    close(fd);
  }
  snprintf(problem, IMR_PROBLEM_SIZE, "%.*s is removed again and again", IMR_LONGEST_SHOWN, path);
  return -1;
}

/*** Takes a lock that ends with its owner, or with release().
@function private_lock
@tparam string path of a file to lock; made when it is missing
@treturn lock|nil lock; nil alone while somebody else has it
@treturn string|nil what is wrong */
static int private_lock(lua_State *L) {
  const char *path = imr_check_path(L, 1);
  char problem[IMR_PROBLEM_SIZE];
  imr_lock *lock = lua_newuserdata(L, sizeof *lock);
  lock->fd = -1;
  lock->owner = getpid();
  luaL_getmetatable(L, LOCK_TYPE);
  lua_setmetatable(L, -2);
  lock->fd = open_locked(path, problem);
  return lock->fd >= 0 ? 1 : push_problem(L, problem);
}

static const luaL_Reg functions[] = {
    {"private_directory", private_directory},
    {"private_read", private_read},
    {"private_write", private_write},
    {"private_make", private_make},
    {"private_lock", private_lock},
    {"file_identity", file_identity},
    {NULL, NULL},
};

void imr_open_private_file(lua_State *L) {
  static const luaL_Reg methods[] = {{"release", lock_release}, {NULL, NULL}};
  imr_new_class(L, LOCK_TYPE, methods, lock_release);
  luaL_setfuncs(L, functions, 0);
}
