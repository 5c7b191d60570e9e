/* What is done with an open slot file: slots and locks are taken from it. */
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "slots/lock.h"
#include "slots/mapped.h"
#include "slots/object.h"
#include "slots/pace.h"

/* An operation on the entry of a key: its arguments, then what came of it. */
typedef struct operation {
  imr_slots *slots;
  uint64_t key;
  void (*work)(struct operation *);
  imr_slots_entry *entry;
  const char *problem; /* NULL; or why it can't be done, "" where the file must be opened again */
  int64_t now, interval, max_wait;
  int64_t unused, behind; /* a slot that was not used, and its interval; 0: none */
  int64_t time;
  imr_lock_wish lock;
  imr_reservation taken;
  int64_t locked_until; /* by others */
} operation;

static int64_t check_micros(lua_State *L, int index, int64_t most) {
  double micros = luaL_checknumber(L, index) * 1e6;
  return !(micros < (double)most) ? most : micros < 0 ? 0 : (int64_t)(micros + 0.5);
}

static int64_t check_span(lua_State *L, int index) { return check_micros(L, index, IMR_SLOTS_LONGEST); }

static int64_t check_moment(lua_State *L, int index) {
  return check_micros(L, index, imr_slots_now() + IMR_SLOTS_LONGEST);
}

/* The slots and the key are the first two arguments. */
static operation check_operation(lua_State *L, void (*work)(operation *)) {
  size_t length;
  operation wanted = {
      .slots = luaL_checkudata(L, 1, IMR_SLOTS_TYPE), .work = work, .problem = "", .now = imr_slots_now()};
  const char *key = luaL_checklstring(L, 2, &length);
  wanted.key = imr_hash(key, length, 0);
  if (!wanted.key) wanted.key = 1;
  return wanted;
}

/* Is the file still the one at its path, and as long as what is mapped? */
static int still_there(const imr_slots *slots) {
  struct stat status;
  return slots->bytes && fstat(slots->fd, &status) == 0 && status.st_nlink > 0 &&
         (size_t)status.st_size >= slots->size;
}

/* With the mapped bytes. */
static void find_and_work(void *argument) {
  operation *wanted = argument;
  imr_slots *slots = wanted->slots;
  if (memcmp(slots->bytes, &slots->header, sizeof slots->header) != 0) return;
  wanted->entry = imr_slots_find(slots->bytes, &slots->header, wanted->key);
  wanted->problem = wanted->entry ? NULL : "is full: remove it, or give some accounts another path";
  if (wanted->entry) wanted->work(wanted);
}

/* Was it done? Else `problem` says why not. */
static int run(operation *wanted) {
  if (!still_there(wanted->slots)) return 0;
  if (imr_mapped_access(find_and_work, wanted) != 0) wanted->problem = "";
  return !wanted->problem;
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

/* ---------------------------------------------------------------- slots */

/* What an entry says. A new one may stand for a request that left before the file was made. */
static int64_t next_of(const imr_slots *slots, int64_t stored, int64_t interval) {
  return stored == 0 ? slots->header.born + interval : stored;
}

static void reserve(operation *wanted) {
  int64_t stored = __atomic_load_n(&wanted->entry->next, __ATOMIC_ACQUIRE);
  do {
    int64_t next = next_of(wanted->slots, stored, wanted->interval);
    if (next < 0 || !imr_slots_sane(next, wanted->now)) {
      wanted->problem = "";
      return;
    }
    if (wanted->unused) next = imr_pace_release(next, wanted->unused, wanted->behind);
    wanted->taken = imr_pace_reserve(next, wanted->now, wanted->interval, wanted->max_wait);
  } while (wanted->taken.granted && !replace(wanted->entry, &stored, wanted->taken.next));
}

static int push_reservation(lua_State *L, const imr_reservation *taken, int64_t now) {
  if (!taken->granted) lua_pushnil(L);
  lua_pushnumber(L, (double)(taken->granted ? taken->start : taken->start - now) / 1e6);
  return taken->granted ? 1 : 2;
}

/*** Takes the next slot of a key.
@function slots:reserve
@tparam string key
@tparam number interval seconds until the slot after it
@tparam number max_wait seconds
@tparam[opt] number unused start of a slot that was taken and not used: free again if it is the last
@tparam[opt] number behind its interval
@treturn number|nil start on the clock of core.now
@treturn number|nil without a slot: how far it is, seconds; nil when the file cannot be used
@treturn string|nil why it cannot; without that, it must be opened again */
static int slots_reserve(lua_State *L) {
  operation wanted = check_operation(L, reserve);
  wanted.interval = check_span(L, 3);
  wanted.max_wait = check_span(L, 4);
  wanted.unused = lua_isnoneornil(L, 5) ? 0 : check_moment(L, 5);
  wanted.behind = wanted.unused ? check_span(L, 6) : 0;
  return run(&wanted) ? push_reservation(L, &wanted.taken, wanted.now) : unusable(L, wanted.problem);
}

static void look(operation *wanted) {
  int64_t next = next_of(wanted->slots, __atomic_load_n(&wanted->entry->next, __ATOMIC_ACQUIRE), 0);
  wanted->time = next > wanted->now ? next - wanted->now : 0;
}

/*** In how many seconds the next slot of a key is free.
@function slots:look
@tparam string key
@treturn number|nil seconds
@treturn nil
@treturn string|nil as of reserve */
static int slots_look(lua_State *L) {
  operation wanted = check_operation(L, look);
  if (!run(&wanted)) return unusable(L, wanted.problem);
  lua_pushnumber(L, (double)wanted.time / 1e6);
  return 1;
}

/* Only ever later, unless what stands there cannot be. */
static void put_off(int64_t *moment, int64_t time, int64_t now) {
  int64_t stored = __atomic_load_n(moment, __ATOMIC_ACQUIRE);
  while ((stored < time || !imr_slots_sane(stored, now)) &&
         !__atomic_compare_exchange_n(moment, &stored, time, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
  }
}

static void push_back(operation *wanted) { put_off(&wanted->entry->next, wanted->time, wanted->now); }

/*** No slot of a key starts before a time.
@function slots:push_back
@tparam string key
@tparam number time on the clock of core.now
@treturn true|nil
@treturn nil
@treturn string|nil as of reserve */
static int slots_push_back(lua_State *L) {
  operation wanted = check_operation(L, push_back);
  wanted.time = check_moment(L, 3);
  if (!run(&wanted)) return unusable(L, wanted.problem);
  lua_pushboolean(L, 1);
  return 1;
}

/* ---------------------------------------------------------------- locks */

static void lock(operation *wanted) {
  wanted->locked_until = imr_slots_take_lock(wanted->entry, &wanted->lock);
}

/* What lock() returned. A number that it cannot return may be none of C's. */
static int64_t check_held(lua_State *L, int index) {
  lua_Number held = luaL_checknumber(L, index);
  luaL_argcheck(L, held >= 0 && held < 9007199254740992.0, index, "what lock() returned expected");
  return (int64_t)held;
}

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
  operation wanted = check_operation(L, lock);
  int64_t span = check_span(L, 3);
  wanted.lock.held = lua_isnoneornil(L, 4) ? 0 : check_held(L, 4);
  wanted.lock.now = wanted.now;
  wanted.lock.until = wanted.lock.now + span;
  if (!run(&wanted)) return unusable(L, wanted.problem);
  if (wanted.locked_until) lua_pushnil(L);
  lua_pushnumber(L, wanted.locked_until ? (double)(wanted.locked_until - wanted.lock.now) / 1e6
                                        : (double)wanted.lock.held);
  return wanted.locked_until ? 2 : 1;
}

static void unlock(operation *wanted) {
  int64_t word = imr_slots_lock_word(wanted->lock.held);
  replace(wanted->entry, &word, 0);
}

/*** Gives a lock back, unless it has gone to somebody else.
@function slots:unlock
@tparam string key
@tparam integer held what it was taken with */
static int slots_unlock(lua_State *L) {
  operation wanted = check_operation(L, unlock);
  wanted.lock.held = check_held(L, 3);
  (void)run(&wanted);
  return 0;
}

const luaL_Reg imr_slots_methods[] = {
    {"reserve", slots_reserve},
    {"look", slots_look},
    {"push_back", slots_push_back},
    {"lock", slots_lock},
    {"unlock", slots_unlock},
    {"close", imr_slots_close},
    {NULL, NULL},
};
