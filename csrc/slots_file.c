/* The slot file as a Lua object: opened and checked, mapped, reserved from. */
#define _GNU_SOURCE /* posix_fallocate, flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"
#include "compat.h"
#include "core.h"
#include "hash.h"
#include "holders.h"
#include "pace.h"
#include "private_file.h"
#include "seat.h"
#include "slots.h"

#define SLOTS_TYPE "imr.slots"

typedef struct imr_slots {
  int fd; /* -1: closed */
  unsigned char *bytes;
  size_t size; /* what is mapped */
  imr_seat seat;
  imr_slots_header header; /* as it was checked: the mapped one may be overwritten at any time */
} imr_slots;

static int64_t boot_micros(void) { return imr_boot_clock() / 1000; }

/* ---------------------------------------------------------------- opening */

static int map_file(imr_slots *slots, size_t size) {
  void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slots->fd, 0);
  int error = errno;
  if (bytes == MAP_FAILED) return error ? error : ENOMEM;
  slots->bytes = bytes;
  slots->size = size;
  return 0;
}

/* Never shortens: another process may have the file mapped. Blocks are allocated, since a write into a mapped
   hole on a full disk would kill us. */
static int build_file(imr_slots *slots, int64_t born) {
  size_t size = imr_slots_size();
  int error = EINTR;
  while (error == EINTR) error = posix_fallocate(slots->fd, 0, (off_t)size);
  if (!error) error = map_file(slots, size);
  if (error) return error;
  imr_slots_init(slots->bytes, imr_boot_identity(), born);
  memcpy(&slots->header, slots->bytes, sizeof slots->header);
  return 0;
}

static void unmap(imr_slots *slots) {
  if (slots->bytes) munmap(slots->bytes, slots->size);
  slots->bytes = NULL;
}

/* With the file locked: maps what is there, or builds it. What was in a file that is built anew is lost, so
   nothing leaves before an interval from now. So it is where there was one that this process has used. */
static int prepare(imr_slots *slots, int had_one, imr_slots_state *state) {
  struct stat status;
  if (fstat(slots->fd, &status) != 0) return errno;
  size_t size = (size_t)status.st_size;
  if (size == 0) return build_file(slots, had_one ? boot_micros() : 0);
  int error = map_file(slots, size);
  if (error) return error;
  *state = imr_slots_check(slots->bytes, size, imr_boot_identity(), boot_micros(), &slots->header);
  if (*state == IMR_SLOTS_GOOD) return 0;
  unmap(slots);
  return build_file(slots, boot_micros());
}

static int lock_and_prepare(imr_slots *slots, int had_one, imr_slots_state *state) {
  while (flock(slots->fd, LOCK_EX) != 0)
    if (errno != EINTR) return errno;
  int error = prepare(slots, had_one, state);
  flock(slots->fd, LOCK_UN);
  return error;
}

static int slots_close(lua_State *L) {
  imr_slots *slots = luaL_checkudata(L, 1, SLOTS_TYPE);
  unmap(slots);
  if (slots->fd >= 0) close(slots->fd);
  slots->fd = -1;
  return 0;
}

/*** Opens the slot file, which is built when it is new, from another boot or not a slot file.
@function slots_open
@tparam string path
@tparam[opt] boolean had_one this process has had one open there, which is gone
@treturn slots|nil slots
@treturn boolean|string was it damaged; or what is wrong */
static int slots_open(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int had_one = lua_toboolean(L, 2);
  char problem[IMR_PROBLEM_SIZE];
  imr_slots_state state = IMR_SLOTS_GOOD;
  int error = 0;
  imr_slots *slots = lua_newuserdata(L, sizeof *slots);
  memset(slots, 0, sizeof *slots);
  slots->fd = -1;
  luaL_getmetatable(L, SLOTS_TYPE);
  lua_setmetatable(L, -2);
  slots->fd = imr_private_open(path, O_RDWR | O_CREAT, problem);
  if (slots->fd >= 0) error = lock_and_prepare(slots, had_one, &state);
  if (error) imr_private_problem(problem, "cannot prepare", path, error);
  if (!*problem) slots->seat = imr_seat_take(slots->fd);
  if (*problem) {
    lua_pushnil(L);
    lua_pushstring(L, problem);
    return 2;
  }
  lua_pushboolean(L, state == IMR_SLOTS_DAMAGED);
  return 2;
}

/* ---------------------------------------------------------------- using */

static int64_t check_micros(lua_State *L, int index, int64_t most) {
  double micros = luaL_checknumber(L, index) * 1e6;
  return !(micros < (double)most) ? most : micros < 0 ? 0 : (int64_t)(micros + 0.5);
}

static int64_t check_span(lua_State *L, int index) { return check_micros(L, index, IMR_SLOTS_LONGEST); }

static int64_t check_moment(lua_State *L, int index) {
  return check_micros(L, index, boot_micros() + IMR_SLOTS_LONGEST);
}

/* Is the file still the one at its path, and as long as what is mapped? Touching a mapping beyond its file is
 * fatal. */
static int still_there(const imr_slots *slots) {
  struct stat status;
  return slots->bytes && fstat(slots->fd, &status) == 0 && status.st_nlink > 0 &&
         (size_t)status.st_size >= slots->size &&
         memcmp(slots->bytes, &slots->header, sizeof slots->header) == 0;
}

/* The slots and the entry of the key, both arguments; NULL with what is wrong, "" when the file must be
 * opened again. */
static imr_slots_entry *check_entry(lua_State *L, imr_slots **slots, const char **problem) {
  size_t length;
  *slots = luaL_checkudata(L, 1, SLOTS_TYPE);
  const char *key = luaL_checklstring(L, 2, &length);
  *problem = "";
  if (!still_there(*slots)) return NULL;
  uint64_t hash = imr_hash(key, length, 0);
  imr_slots_entry *entry = imr_slots_find((*slots)->bytes, &(*slots)->header, hash ? hash : 1);
  if (!entry) *problem = "is full: remove it, or give some accounts another path";
  return entry;
}

/* What an entry says. A new one in a rebuilt file may stand for a request that has just left. */
static int64_t next_of(const imr_slots *slots, int64_t stored, int64_t interval) {
  return stored == 0 && slots->header.born > 0 ? slots->header.born + interval : stored;
}

static int unusable(lua_State *L, const char *problem) {
  lua_pushnil(L);
  lua_pushnil(L);
  if (!*problem) return 2;
  lua_pushstring(L, problem);
  return 3;
}

static int replace(imr_slots_entry *entry, int64_t *stored, int64_t next) {
  return __atomic_compare_exchange_n(&entry->next, stored, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static int push_reservation(lua_State *L, const imr_reservation *taken, int64_t now) {
  if (!taken->granted) lua_pushnil(L);
  lua_pushnumber(L, (double)(taken->granted ? taken->start : taken->start - now) / 1e6);
  return taken->granted ? 1 : 2;
}

/* A slot at the end of the queue: not granted, or taken; -1 when what the file says cannot be. */
static int take_next(const imr_slots *slots, imr_slots_entry *entry, const imr_slot_wish *wish, int64_t held,
                     imr_reservation *taken) {
  int64_t stored = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
  do {
    int64_t next = next_of(slots, stored, wish->interval);
    if (!imr_slots_sane(next, wish->now)) return -1;
    if (held) next = imr_pace_release(next, held, wish->interval);
    *taken = imr_pace_reserve(next, wish->now, wish->interval, wish->max_wait);
  } while (taken->granted && !replace(entry, &stored, taken->next));
  return taken->granted;
}

static int take_slot(const imr_slots *slots, imr_slots_entry *entry, const imr_slot_wish *wish, int64_t held,
                     imr_reservation *taken) {
  int known = imr_slots_have_holders(&slots->header);
  taken->start = known ? imr_holders_take_over(entry, &slots->seat, wish) : 0;
  taken->granted = taken->start > 0;
  if (taken->granted) return 1;
  int result = take_next(slots, entry, wish, held, taken);
  if (result > 0 && known) imr_holders_add(entry, &slots->seat, taken->start, wish);
  return result;
}

/*** Takes the next slot of a key, or an earlier one whose holder has died or has given it back.
@function slots:reserve
@tparam string key
@tparam number interval seconds
@tparam number max_wait seconds
@tparam[opt] number held start of a slot that was taken and not used
@treturn number|nil start on the clock of core.now
@treturn number|nil without a slot: how far it is, seconds; nil when the file cannot be used
@treturn string|nil why it cannot; without that, it must be opened again */
static int slots_reserve(lua_State *L) {
  imr_slots *slots;
  const char *problem;
  imr_slot_wish wish = {0, check_span(L, 3), check_span(L, 4)};
  int64_t held = lua_isnoneornil(L, 5) ? 0 : check_moment(L, 5);
  imr_slots_entry *entry = check_entry(L, &slots, &problem);
  imr_reservation taken;
  if (!entry) return unusable(L, problem);
  wish.now = boot_micros();
  if (take_slot(slots, entry, &wish, held, &taken) < 0) return unusable(L, "");
  return push_reservation(L, &taken, wish.now);
}

/*** Gives an unused slot back. One with others behind it goes to the next who asks.
@function slots:release
@tparam string key
@tparam number interval seconds
@tparam number held the slot's start */
static int slots_release(lua_State *L) {
  imr_slots *slots;
  const char *problem;
  int64_t interval = check_span(L, 3), held = check_moment(L, 4);
  imr_slots_entry *entry = check_entry(L, &slots, &problem);
  int64_t expected = held + interval;
  if (!entry) return 0;
  /* In this order, or the end of the queue could go back before a slot that is still offered. */
  int known = imr_slots_have_holders(&slots->header) && imr_holders_remove(entry, &slots->seat, held);
  if (!replace(entry, &expected, held) && known) imr_holders_offer(entry, held, boot_micros());
  return 0;
}

/* Only ever later, unless what stands there cannot be. */
static void put_off(int64_t *moment, int64_t time, int64_t now) {
  int64_t stored = __atomic_load_n(moment, __ATOMIC_ACQUIRE);
  while ((stored < time || !imr_slots_sane(stored, now)) &&
         !__atomic_compare_exchange_n(moment, &stored, time, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
  }
}

/*** No slot of a key starts before a time.
@function slots:push_back
@tparam string key
@tparam number time on the clock of core.now
@treturn true|nil
@treturn nil
@treturn string|nil as of reserve */
static int slots_push_back(lua_State *L) {
  imr_slots *slots;
  const char *problem;
  int64_t time = check_moment(L, 3), now = boot_micros();
  imr_slots_entry *entry = check_entry(L, &slots, &problem);
  if (!entry) return unusable(L, problem);
  put_off(&entry->next, time, now);
  if (imr_slots_have_holders(&slots->header)) put_off(&entry->pushed, time, now);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---------------------------------------------------------------- locks */

/*** Takes a lock, or keeps it for longer. It is another's when its time is over, or when its process has
ended.
@function slots:lock
@tparam string key of no slot
@tparam number ttl seconds
@tparam[opt] integer held what it was taken with, to keep it
@treturn integer|nil held
@treturn number|nil without the lock: seconds that the other's lasts at most; nil when the file cannot be used
@treturn string|nil as of reserve */
static int slots_lock(lua_State *L) {
  imr_slots *slots;
  const char *problem;
  int64_t span = check_span(L, 3), held = lua_isnoneornil(L, 4) ? 0 : (int64_t)luaL_checknumber(L, 4);
  imr_slots_entry *entry = check_entry(L, &slots, &problem);
  if (!entry) return unusable(L, problem);
  int64_t now = boot_micros();
  imr_lock_wish wish = {now, now + span, held, imr_slots_have_holders(&slots->header)};
  int64_t until = imr_holders_lock(entry, &slots->seat, &wish);
  if (!until) {
    lua_pushnumber(L, (double)wish.until);
    return 1;
  }
  lua_pushnil(L);
  lua_pushnumber(L, (double)(until - now) / 1e6);
  return 2;
}

/*** Gives a lock back, unless it has gone to somebody else.
@function slots:unlock
@tparam string key
@tparam integer held what it was taken with */
static int slots_unlock(lua_State *L) {
  imr_slots *slots;
  const char *problem;
  imr_lock_wish wish = {0, 0, (int64_t)luaL_checknumber(L, 3), 0};
  imr_slots_entry *entry = check_entry(L, &slots, &problem);
  if (!entry) return 0;
  wish.known = imr_slots_have_holders(&slots->header);
  imr_holders_unlock(entry, &slots->seat, &wish);
  return 0;
}

static const luaL_Reg methods[] = {
    {"reserve", slots_reserve},
    {"lock", slots_lock},
    {"unlock", slots_unlock},
    {"release", slots_release},
    {"push_back", slots_push_back},
    {"close", slots_close},
    {NULL, NULL},
};

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
  luaL_newmetatable(L, SLOTS_TYPE);
  lua_pushcfunction(L, slots_close);
  lua_setfield(L, -2, "__gc");
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  lua_pushcfunction(L, slots_open);
  lua_setfield(L, -2, "slots_open");
  lua_pushcfunction(L, slots_boot);
  lua_setfield(L, -2, "boot");
}
