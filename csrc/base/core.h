/* What each file adds to the module table, which is at the top of the stack. */
#ifndef IMR_CORE_H
#define IMR_CORE_H

#include "base/compat.h"

void imr_open_clean(lua_State *L);
void imr_open_clock(lua_State *L);
void imr_open_decode(lua_State *L);
void imr_open_pace(lua_State *L);
void imr_open_process(lua_State *L);
void imr_open_record_type(lua_State *L);
void imr_open_slots(lua_State *L);
void imr_open_text(lua_State *L);
void imr_open_token(lua_State *L);
void imr_open_value(lua_State *L);
void imr_open_window(lua_State *L);

#endif
