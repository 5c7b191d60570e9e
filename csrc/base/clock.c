/* Clock, sleep, and the calendar for Lua. */
#define _GNU_SOURCE /* nanosleep */
#include "base/clock.h"
#include "base/core.h"
#include "slots/boot.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define NANO          1e9
#define LONGEST_SLEEP 1e8
#define MAX_OFFSET    (14 * 3600)

/*** One clock for all processes of the host, which nobody sets back.
@function now
@treturn number seconds since the host was started */
static int clock_now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)imr_boot_clock() / NANO);
  return 1;
}

/*** The time of day, which somebody may set.
@function unix_time
@treturn number Unix seconds, with their fraction */
static int clock_unix_time(lua_State *L) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME, &now);
  lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / NANO);
  return 1;
}

/*** Blocks.
@function sleep
@tparam number seconds
@treturn number the seconds that were left when a signal ended it, else 0 */
static int clock_sleep(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  struct timespec left = {0, 0};
  if (seconds > 0) {
    if (seconds > LONGEST_SLEEP) seconds = LONGEST_SLEEP;
    struct timespec span = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - floor(seconds)) * NANO)};
    if (nanosleep(&span, &left) == 0) left = (struct timespec){0, 0};
  }
  lua_pushnumber(L, (lua_Number)left.tv_sec + (lua_Number)left.tv_nsec / NANO);
  return 1;
}

int64_t imr_check_utc_offset(lua_State *L, int index) {
  lua_Number offset = luaL_checknumber(L, index);
  if (!(offset >= -MAX_OFFSET && offset <= MAX_OFFSET)) /* nor is it NaN */
    luaL_argerror(L, index, "seconds from -50400 to 50400 expected");
  return (int64_t)offset;
}

bool imr_parse_time(lua_State *L, int index, int64_t utc_offset, imr_day_edge edge, int64_t *seconds) {
  size_t length;
  const char *text = lua_tolstring(L, index, &length);
  imr_date_result result = imr_date_read(text, length, edge, seconds);
  *seconds -= utc_offset;
  if (result == IMR_DATE_OK) return true;
  if (result == IMR_DATE_IMPOSSIBLE)
    lua_pushfstring(L, "'%s' is not in the calendar", text);
  else
    lua_pushliteral(L, "a time is written YYYY-MM-DD HH:MM:SS, YYYY-MM-DD HH:MM or YYYY-MM-DD");
  return false;
}

bool imr_push_time(lua_State *L, lua_Number seconds, int64_t utc_offset) {
  char text[IMR_DATETIME_LENGTH];
  seconds = floor(seconds) + (lua_Number)utc_offset;
  if (!(seconds >= (lua_Number)IMR_MIN_SECONDS && seconds <= (lua_Number)IMR_MAX_SECONDS)) return false;
  imr_datetime_write((int64_t)seconds, text);
  lua_pushlstring(L, text, sizeof text);
  return true;
}

/*** Unix seconds of a time.
@function parse_time
@tparam string text "YYYY-MM-DD HH:MM:SS", with T for the blank, without seconds, or a bare date
@tparam number utc_offset seconds east of UTC of the clock that is meant
@tparam[opt="from"] string edge "from": a bare date is its first second, "to": its last
@treturn[1] integer seconds
@treturn[2] nil
@treturn[2] string what is wrong */
static int clock_parse(lua_State *L) {
  int64_t seconds = 0;
  luaL_checkstring(L, 1);
  int64_t utc_offset = imr_check_utc_offset(L, 2);
  imr_day_edge edge = strcmp(luaL_optstring(L, 3, "from"), "to") == 0 ? IMR_DAY_END : IMR_DAY_BEGIN;
  if (imr_parse_time(L, 1, utc_offset, edge, &seconds)) {
    imr_push_integer(L, seconds);
    return 1;
  }
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/*** A time in the platform's form.
@function format_time
@tparam number seconds Unix seconds; fractions are cut off
@tparam number utc_offset seconds east of UTC
@treturn[1] string "YYYY-MM-DD HH:MM:SS"
@treturn[2] nil
@treturn[2] string what is wrong */
static int clock_format(lua_State *L) {
  if (imr_push_time(L, luaL_checknumber(L, 1), imr_check_utc_offset(L, 2))) return 1;
  lua_pushnil(L);
  lua_pushliteral(L, "the time is not in the years 1 to 9999");
  return 2;
}

void imr_open_clock(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"now", clock_now},          {"unix_time", clock_unix_time}, {"sleep", clock_sleep},
      {"parse_time", clock_parse}, {"format_time", clock_format},  {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
