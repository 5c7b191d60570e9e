/* A record being built of the values of its fields, in the way that is quickest for the Lua at hand.
 *
 *   imr_builder_begin
 *   imr_builder_reach   before the value of a field is pushed
 *   imr_builder_set     after that; takes the value
 *   imr_builder_end     leaves the record at the top of the stack
 *
 * With LuaJIT, a constructor in Lua makes the record, function(v1, v2) return {a = v1, b = v2} end: all the
 * keys of such a table are copied at once, in half the time that one after the other takes. So the values
 * wait on the stack as its arguments. Most keys come in the order of the fields: then a value is where it
 * belongs as soon as it is pushed. With the other Luas this takes longer than to set the fields. */
#ifndef IMR_BUILDER_H
#define IMR_BUILDER_H

#include "base/compat.h"
#include "decode/record_type.h"

/* The build for Lua 5.1 is also LuaJIT's. */
#ifndef IMR_BUILDER_CALLS
#define IMR_BUILDER_CALLS (LUA_VERSION_NUM < 502)
#endif

/* Stack slots that a record and its values take. */
#define IMR_BUILDER_STACK (IMR_MAX_FIELDS + IMR_MAX_DERIVED + 1)

/* All but the counts are Lua stack slots. */
typedef struct {
  int fields; /* count, the derived ones included, which come last */
  int names;  /* of the first field's name, behind it the others */
  int maker;  /* of the constructor, nil where there is none */
  int record; /* of the record; until it is there, of the constructor again, with the values behind it */
  int placed; /* count of fields whose value, or nil, is there by now */
  int width;  /* count of members of the last record */
} imr_builder;

/* Puts into the list at `list` the names of the type's fields, behind them the constructor, and behind that
 * the tables of the derived fields from the list at `derived`. */
void imr_builder_prepare(lua_State *L, int list, const imr_record_type *type, int derived);

/* Takes stack slots for the names and the constructor of such a list. */
void imr_builder_open(imr_builder *builder, lua_State *L, int prepared, int fields);

void imr_builder_begin(imr_builder *builder, lua_State *L);

#if IMR_BUILDER_CALLS

/* Fields that are left out get a nil. */
static inline void imr_builder_reach(imr_builder *builder, lua_State *L, int field) {
  for (; builder->placed < field; builder->placed++) lua_pushnil(L);
}

static inline void imr_builder_set(imr_builder *builder, lua_State *L, int field) {
  if (builder->placed == field)
    builder->placed++;
  else
    lua_replace(L, builder->record + 1 + field);
}

#else

static inline void imr_builder_reach(imr_builder *builder, lua_State *L, int field) {
  lua_pushvalue(L, builder->names + field);
}

static inline void imr_builder_set(imr_builder *builder, lua_State *L, int field) {
  (void)field;
  lua_rawset(L, builder->record);
}

#endif

/* Pushes the value that a field has by now, or nil. */
void imr_builder_get(imr_builder *builder, lua_State *L, int field);

/* `members`: about how many the record has. */
void imr_builder_end(imr_builder *builder, lua_State *L, int members);

#endif
