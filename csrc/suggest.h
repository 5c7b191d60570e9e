/* "Did you mean", for names of options. */
#ifndef IMR_SUGGEST_H
#define IMR_SUGGEST_H

#include "compat.h"

/* Pushes what to say about an option that is not in the list of names at index `names`. */
void imr_push_unknown_option(lua_State *L, const char *given, int names);

#endif
