/* Text that somebody else wrote, made fit for a log and for a terminal. */
#ifndef IMR_CLEAN_H
#define IMR_CLEAN_H

#include "compat.h"

#include <stddef.h>

/* Pushes it in one line, as `clean` says. */
void imr_push_clean(lua_State *L, const char *text, size_t size);

#endif
