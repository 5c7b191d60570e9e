/* JSON values as Lua values. */
#ifndef IMR_VALUE_H
#define IMR_VALUE_H

#include "base/compat.h"
#include "json/reader.h"

/* The text of a string, decoded; what is not UTF-8 becomes U+FFFD. */
void imr_push_text(lua_State *L, const imr_json_value *string);

/* What becomes of numbers. */
typedef enum {
  IMR_NEAREST, /* Lua numbers */
  IMR_EXACT,   /* the same, but an integer that no Lua number holds stays text */
  IMR_AS_TEXT, /* the server's own digits */
} imr_numbers;

typedef struct {
  imr_numbers numbers;
  bool repeats; /* all the values of a repeated key are kept, as imr_set_beside does it; else the last one */
  int *room;    /* so many items and members may be read yet; NULL: any number */
} imr_value_style;

/* Reads the next value and pushes it. False pushes nothing: not JSON, not UTF-8, a number beyond the
 * doubles, or no room. */
bool imr_push_value(lua_State *L, imr_json *json, imr_value_style style);

/* Takes a key and a value off the stack into the table at the index. Where the key has another value, it gets
 * a number: "key (2)", or the next one that is free. `repeats` counts them, from 0. */
void imr_set_beside(lua_State *L, int table, int *repeats);

/* "invalid JSON at byte 12: unexpected character" */
const char *imr_push_problem(lua_State *L, const imr_json *json);

#endif
