/* What no field of a record takes, in two tables of the record's own: `extra` has the members that no field
 * knows, `invalid` the text of values that are not of their field's type, or are no JSON text at all. */
#ifndef IMR_EXTRA_H
#define IMR_EXTRA_H

#include "base/compat.h"
#include "json/reader.h"

typedef struct {
  bool exact; /* numbers stay the server's own digits */
  int extra;  /* Lua stack slots of the two tables, or of nil */
  int invalid;
  bool some;        /* this record has one of them */
  int members;      /* of this record that no field takes, as far as they are kept or counted */
  size_t text_left; /* room for them: bytes, */
  int values_left;  /* and values that are inside of them */
  int repeats;      /* keys that got a number because they came before */
} imr_extra;

/* Takes two stack slots. */
void imr_extra_open(imr_extra *own, lua_State *L);

/* For a new record. */
void imr_extra_begin(imr_extra *own);

/* A member that no field takes. */
void imr_extra_member(imr_extra *own, lua_State *L, const imr_json_value *key, const imr_json_value *value);

/* A value that is not of its field's type. Takes the field's name off the stack. */
void imr_extra_invalid(imr_extra *own, lua_State *L, const imr_json_value *value);

/* Hangs the tables that there are into the record in stack slot `record`. */
void imr_extra_end(imr_extra *own, lua_State *L, int record);

#endif
