/* Whether another process still runs, where ids mean the same, and who the user is. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): gethostname, getpwuid_r */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

#define PASSWD_SIZE 16384 /* of one entry with all its texts */

/* The bytes of a small file, or -1. */
static ssize_t read_small(const char *path, char *text, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t length = read(fd, text, size - 1);
  close(fd);
  if (length >= 0) text[length] = 0;
  return length;
}

/* In /proc/PID/stat the name, which may hold anything, ends at the last parenthesis; the state is the next
 * word (3), the time at which the process began is word 22. NULL: a zombie, or not readable so. */
static const char *began_word(char *text, int *zombie) {
  char *word = strrchr(text, ')'), *rest = NULL;
  if (!word) return NULL;
  word = strtok_r(word + 1, " ", &rest);
  *zombie = word && (*word == 'Z' || *word == 'X');
  for (int number = 3; word && number < 22; number++) word = strtok_r(NULL, " ", &rest);
  return word;
}

/*** When a process of this host began, in a form that only tells it from others with the same id.
@function process_began
@tparam integer id
@treturn string|nil nil when there is no such process any more; "" when there is one and nobody tells */
static int process_began(lua_State *L) {
  char path[64], text[1024];
  int zombie = 0;
  lua_Number given = luaL_checknumber(L, 1);
  if (!(given >= 1 && given <= INT32_MAX)) return 0; /* nor is it NaN */
  pid_t id = (pid_t)given;
  if (kill(id, 0) != 0 && errno == ESRCH) return 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)id);
  const char *word = read_small(path, text, sizeof text) > 0 ? began_word(text, &zombie) : NULL;
  if (zombie) return 0;
  lua_pushstring(L, word ? word : "");
  return 1;
}

/*** Where process ids mean what they mean here: this host, since it was started, and the container.
@function process_place
@treturn string */
static int process_place(lua_State *L) {
  char host[256] = "", boot[64] = "", space[64] = "";
  gethostname(host, sizeof host - 1);
  if (read_small("/proc/sys/kernel/random/boot_id", boot, sizeof boot) > 0) boot[strcspn(boot, "\n")] = 0;
  ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
  if (length > 0) space[length] = 0;
  lua_pushfstring(L, "%s %s %s", host, boot, space);
  return 1;
}

/*** The login name of the real user of this process.
@function user_name
@treturn string|nil
@treturn integer the user's number */
static int user_name(lua_State *L) {
  char room[PASSWD_SIZE];
  struct passwd entry, *found = NULL;
  if (getpwuid_r(getuid(), &entry, room, sizeof room, &found) != 0) found = NULL;
  lua_pushstring(L, found ? found->pw_name : NULL);
  imr_push_integer(L, getuid());
  return 2;
}

/*** Whether this host has a user of that name.
@function is_user
@tparam string name
@treturn boolean */
static int is_user(lua_State *L) {
  char room[PASSWD_SIZE];
  struct passwd entry, *found = NULL;
  const char *name = luaL_checkstring(L, 1);
  lua_pushboolean(L, getpwnam_r(name, &entry, room, sizeof room, &found) == 0 && found);
  return 1;
}

void imr_open_processes(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"process_began", process_began},
      {"process_place", process_place},
      {"user_name", user_name},
      {"is_user", is_user},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
