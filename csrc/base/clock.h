/* Times as Lua users write them. */
#ifndef IMR_CLOCK_H
#define IMR_CLOCK_H

#include "base/calendar.h"
#include "base/compat.h"

/* The argument, at most 14 hours to either side. */
int64_t imr_check_utc_offset(lua_State *L, int index);

/* Unix seconds of a text; false pushes what is wrong with it. */
bool imr_parse_time(lua_State *L, int index, int64_t utc_offset, imr_day_edge edge, int64_t *seconds);

/* Pushes the platform's form; false when the year would not have four digits. */
bool imr_push_time(lua_State *L, lua_Number seconds, int64_t utc_offset);

#endif
