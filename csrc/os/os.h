/* What each file adds to the module table of imr.os, which is at the top of the stack. */
#ifndef IMR_OS_H
#define IMR_OS_H

#include "base/compat.h"

void imr_open_call_limit(lua_State *L);
void imr_open_child(lua_State *L);
void imr_open_output_file(lua_State *L);
void imr_open_private_file(lua_State *L);
void imr_open_processes(lua_State *L);
void imr_open_signals(lua_State *L);
void imr_open_terminal(lua_State *L);

#endif
