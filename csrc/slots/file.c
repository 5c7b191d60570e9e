/* The slot file as a Lua object: opened, checked or built, and mapped. */
#define _GNU_SOURCE /* posix_fallocate, flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check_path.h"
#include "base/class.h"
#include "base/core.h"
#include "file/private.h"
#include "slots/boot.h"
#include "slots/mapped.h"
#include "slots/object.h"

int64_t imr_slots_now(void) { return imr_boot_clock() / 1000; }

/* ---------------------------------------------------------------- opening */

static int map_file(imr_slots *slots, size_t size) {
  void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots->fd, 0);
  int error = errno;
  if (bytes == MAP_FAILED) return error ? error : ENOMEM;
  slots->bytes = bytes;
  slots->size = size;
  return 0;
}

static void init_bytes(void *argument) {
  imr_slots *slots = argument;
  imr_slots_init(slots->bytes, imr_boot_identity(), slots->header.born);
  memcpy(&slots->header, slots->bytes, sizeof slots->header);
}

/* Never shortens: another process may have the file mapped. Blocks are allocated, since a write into a mapped
   hole on a full disk would fail. */
static int build_file(imr_slots *slots) {
  size_t size = imr_slots_size();
  int error = EINTR;
  while (error == EINTR) error = posix_fallocate(slots->fd, 0, (off_t)size);
  if (!error) error = map_file(slots, size);
  if (error) return error;
  slots->header.born = imr_slots_now();
  return imr_mapped_access(init_bytes, slots) == 0 ? 0 : EIO;
}

static void unmap(imr_slots *slots) {
  if (slots->bytes) munmap(slots->bytes, slots->size);
  slots->bytes = NULL;
}

typedef struct checking {
  imr_slots *slots;
  imr_slots_state state;
} checking;

static void check_bytes(void *argument) {
  checking *wanted = argument;
  imr_slots *slots = wanted->slots;
  wanted->state =
      imr_slots_check(slots->bytes, slots->size, imr_boot_identity(), imr_slots_now(), &slots->header);
}

/* Maps what is there, if it is good. */
static int map_good(imr_slots *slots, imr_slots_state *state) {
  struct stat status;
  if (fstat(slots->fd, &status) != 0) return errno;
  size_t size = (size_t)status.st_size;
  *state = size ? IMR_SLOTS_DAMAGED : IMR_SLOTS_OLD;
  if (size < sizeof(imr_slots_header)) return 0;
  int error = map_file(slots, size);
  if (error) return error;
  checking wanted = {slots, IMR_SLOTS_DAMAGED};
  *state = imr_mapped_access(check_bytes, &wanted) == 0 ? wanted.state : IMR_SLOTS_DAMAGED;
  if (*state != IMR_SLOTS_GOOD) unmap(slots);
  return 0;
}

/* With the file locked, since another process may have built it meanwhile. */
static int map_or_build(imr_slots *slots, imr_slots_state *state) {
  int error = map_good(slots, state);
  if (error || *state == IMR_SLOTS_GOOD) return error;
  return build_file(slots);
}

/* A good file needs no lock: who builds one writes its magic last. Whoever finds it locked comes again, since
   the lock may be held by a process that was stopped: EWOULDBLOCK then. */
static int prepare(imr_slots *slots, imr_slots_state *state) {
  int error = map_good(slots, state);
  if (error || *state == IMR_SLOTS_GOOD) return error;
  while (flock(slots->fd, LOCK_EX | LOCK_NB) != 0)
    if (errno != EINTR) return errno;
  error = map_or_build(slots, state);
  flock(slots->fd, LOCK_UN);
  return error;
}

static void give_up(imr_slots *slots) {
  unmap(slots);
  if (slots->fd >= 0) close(slots->fd);
  slots->fd = -1;
}

int imr_slots_close(lua_State *L) {
  give_up(luaL_checkudata(L, 1, IMR_SLOTS_TYPE));
  return 0;
}

/*** Opens the slot file, which is built when it is new, from another boot or not a slot file.
@function slots_open
@tparam string path
@treturn slots|nil slots; nil alone while another process has the file locked, to build it
@treturn boolean|string was it damaged; or what is wrong */
static int slots_open(lua_State *L) {
  const char *path = imr_check_path(L, 1);
  char problem[IMR_PROBLEM_SIZE];
  imr_slots_state state = IMR_SLOTS_GOOD;
  int error = 0;
  imr_slots *slots = lua_newuserdata(L, sizeof *slots);
  memset(slots, 0, sizeof *slots);
  slots->fd = -1;
  luaL_getmetatable(L, IMR_SLOTS_TYPE);
  lua_setmetatable(L, -2);
  slots->fd = imr_private_open(path, O_RDWR | O_CREAT, problem);
  if (slots->fd >= 0) error = prepare(slots, &state);
  if (error) imr_private_problem(problem, "cannot prepare", path, error);
  if (error || *problem) {
    give_up(slots);
    lua_pushnil(L);
    if (error == EWOULDBLOCK) return 1;
    lua_pushstring(L, problem);
    return 2;
  }
  lua_pushboolean(L, state == IMR_SLOTS_DAMAGED);
  return 2;
}

/*** Which boot of the host this is: times of core.now are comparable only within one.
@function boot
@treturn string 16 hexadecimal digits */
static int slots_boot(lua_State *L) {
  char text[17];
  uint64_t boot = imr_boot_identity();
  snprintf(text, sizeof text, "%08x%08x", (unsigned)(boot >> 32), (unsigned)(boot & 0xffffffffu));
  lua_pushstring(L, text);
  return 1;
}

void imr_open_slots(lua_State *L) {
  imr_new_class(L, IMR_SLOTS_TYPE, imr_slots_methods, imr_slots_close);
  lua_pushcfunction(L, slots_open);
  lua_setfield(L, -2, "slots_open");
  lua_pushcfunction(L, slots_boot);
  lua_setfield(L, -2, "boot");
}
