/* A shell command in a process group of its own: looked at without waiting, and ended with all its
 * children. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier) */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/class.h"
#include "os/os.h"

#define CHILD_TYPE "imr.child"

typedef struct imr_child {
  pid_t id;    /* 0: none, or its end is known */
  pid_t owner; /* a fork's child has no business with it */
  int status;  /* as the shell says it: 128 and more for a signal */
} imr_child;

extern char **environ;

/* It begins as a shell would begin it: no signal is blocked, and none ignored that we ignore. */
static int set_attributes(posix_spawnattr_t *attributes) {
  static const int ours[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
  sigset_t usual, none;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) sigaddset(&usual, ours[i]);
  int problem = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                         POSIX_SPAWN_SETSIGMASK);
  if (!problem) problem = posix_spawnattr_setpgroup(attributes, 0);
  if (!problem) problem = posix_spawnattr_setsigdefault(attributes, &usual);
  return problem ? problem : posix_spawnattr_setsigmask(attributes, &none);
}

/* It reads nothing, and what it prints goes to stderr. */
static int set_streams(posix_spawn_file_actions_t *actions) {
  int problem = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  return problem ? problem : posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
}

static int spawn(pid_t *id, const char *line) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  char shell[] = "sh", option[] = "-c";
  char *arguments[] = {shell, option, (char *)line, NULL};
  int problem = posix_spawnattr_init(&attributes);
  if (problem) return problem;
  problem = posix_spawn_file_actions_init(&actions);
  if (!problem) {
    problem = set_attributes(&attributes);
    if (!problem) problem = set_streams(&actions);
    if (!problem) problem = posix_spawn(id, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  return problem;
}

/*** Starts a shell command: in a process group of its own, with nothing to read, its output on stderr.
@function child
@tparam string line
@treturn child|nil
@treturn string|nil what is wrong */
static int child_new(lua_State *L) {
  size_t length = 0;
  const char *line = luaL_checklstring(L, 1, &length);
  luaL_argcheck(L, strlen(line) == length, 1, "a zero byte");
  imr_child *child = lua_newuserdata(L, sizeof *child);
  memset(child, 0, sizeof *child);
  luaL_setmetatable(L, CHILD_TYPE);
  child->owner = getpid();
  int problem = spawn(&child->id, line);
  if (!problem) return 1;
  child->id = 0;
  lua_pushnil(L);
  lua_pushstring(L, strerror(problem));
  return 2;
}

static int runs(const imr_child *child) { return child->id > 0 && child->owner == getpid(); }

static void reap(imr_child *child, int options) {
  int status = 0;
  pid_t found;
  do found = waitpid(child->id, &status, options);
  while (found < 0 && errno == EINTR);
  if (found == 0) return;
  child->id = 0;
  /* Where the host ignores SIGCHLD nobody tells: then it was ended, as far as one knows. */
  child->status = 128 + SIGKILL;
  if (found > 0) child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void end(imr_child *child) {
  if (!runs(child)) return;
  kill(-child->id, SIGKILL);
  reap(child, 0);
}

/*** Has it ended? Does not wait.
@function child:status
@treturn integer|nil its exit status, 128 more than the signal that ended it; nil while it runs */
static int child_status(lua_State *L) {
  imr_child *child = luaL_checkudata(L, 1, CHILD_TYPE);
  if (runs(child)) reap(child, WNOHANG);
  if (child->id > 0) return 0;
  lua_pushinteger(L, child->status);
  return 1;
}

/*** Ends it, with all processes of its group. Twice is fine.
@function child:stop */
static int child_stop(lua_State *L) {
  end(luaL_checkudata(L, 1, CHILD_TYPE));
  return 0;
}

void imr_open_child(lua_State *L) {
  static const luaL_Reg methods[] = {{"status", child_status}, {"stop", child_stop}, {NULL, NULL}};
  imr_new_class(L, CHILD_TYPE, methods, child_stop);
  lua_pushcfunction(L, child_new);
  lua_setfield(L, -2, "child");
}
