/* Pacing reserves time slots, not leases: there is nothing to hold and nothing that a killed process could
 * keep. */
#include "slots/pace.h"

#include "base/compat.h"
#include "base/core.h"

#define MICROSECONDS 1e6
#define TOLERANCE    1000 /* microseconds, between two looks at a clock: callers may have another one */

int64_t imr_pace_release(int64_t next, int64_t held, int64_t interval) {
  int64_t off = next - (held + interval);
  return -TOLERANCE < off && off < TOLERANCE ? held : next;
}

imr_reservation imr_pace_reserve(int64_t next, int64_t now, int64_t interval, int64_t max_wait) {
  imr_reservation taken = {next > now ? next : now, next, 0};
  if (taken.start - now > max_wait) return taken;
  taken.next = taken.start + interval;
  taken.granted = 1;
  return taken;
}

/* Seconds to microseconds; infinity and the like end at a century, which no sum of two overflows. */
static int64_t check_time(lua_State *L, int index) {
  const double century = 100 * 365.25 * 86400;
  double seconds = luaL_checknumber(L, index);
  if (!(seconds < century)) seconds = century;
  if (seconds < -century) seconds = -century;
  return (int64_t)(seconds * MICROSECONDS + (seconds < 0 ? -0.5 : 0.5));
}

/*** Takes the next slot.
@function pace_reserve
@tparam number next earliest time of the next request, seconds
@tparam number now seconds, same clock
@tparam number interval seconds
@tparam number max_wait seconds
@treturn number|nil start, or nil when that is more than max_wait away
@treturn number the slot's new `next`; without a grant: the seconds that it would take */
static int pace_reserve(lua_State *L) {
  int64_t now = check_time(L, 2);
  imr_reservation taken = imr_pace_reserve(check_time(L, 1), now, check_time(L, 3), check_time(L, 4));
  if (taken.granted) {
    lua_pushnumber(L, (double)taken.start / MICROSECONDS);
    lua_pushnumber(L, (double)taken.next / MICROSECONDS);
  } else {
    lua_pushnil(L);
    lua_pushnumber(L, (double)(taken.start - now) / MICROSECONDS);
  }
  return 2;
}

/*** Gives an unused slot back, unless somebody has queued behind it.
@function pace_release
@tparam number next
@tparam number held the start that was granted
@tparam number interval seconds
@treturn number the slot's new `next` */
static int pace_release(lua_State *L) {
  int64_t next = imr_pace_release(check_time(L, 1), check_time(L, 2), check_time(L, 3));
  lua_pushnumber(L, (double)next / MICROSECONDS);
  return 1;
}

static const luaL_Reg functions[] = {
    {"pace_reserve", pace_reserve}, {"pace_release", pace_release}, {NULL, NULL}};

void imr_open_pace(lua_State *L) { luaL_setfuncs(L, functions, 0); }
