#include "record_end.h"
#include "hash.h"

static void push_name(const imr_rows *rows, int field) {
  lua_pushvalue(rows->L, rows->builder.names + field);
}

/* Pushes a field's value from the record, which is made. */
static void push_value(const imr_rows *rows, int field) {
  push_name(rows, field);
  lua_rawget(rows->L, rows->builder.record);
}

/* Puts what follows from the value at the top in its place. */
static void look_up(const imr_rows *rows, int index) {
  lua_State *L = rows->L;
  const imr_derived *derived = &rows->type->derived[index];
  if (lua_isnil(L, -1)) return;
  lua_rawget(L, rows->derived + index);
  if (!lua_isnil(L, -1) || !derived->has_otherwise) return;
  lua_pop(L, 1);
  lua_pushboolean(L, derived->otherwise);
}

void imr_record_derive(imr_rows *rows) {
  const imr_record_type *type = rows->type;
  for (int i = 0; i < type->derived_count; i++) {
    if ((rows->seen & IMR_BIT(type->derived[i].from)) == 0) continue;
    imr_builder_reach(&rows->builder, rows->L, type->field_count + i);
    imr_builder_get(&rows->builder, rows->L, type->derived[i].from);
    look_up(rows, i);
    imr_builder_set(&rows->builder, rows->L, type->field_count + i);
  }
}

/* At the end of a row, since a field may have several values and only the last one counts. */
static void put_bad(imr_rows *rows) {
  for (int field = 0; rows->bad >> field != 0; field++) {
    if ((rows->bad & IMR_BIT(field)) == 0) continue;
    push_name(rows, field);
    imr_leftovers_invalid(&rows->leftovers, rows->L, &rows->texts[field]);
  }
}

void imr_record_end(imr_rows *rows) {
  if (rows->bad != 0) put_bad(rows);
  imr_leftovers_end(&rows->leftovers, rows->L, rows->builder.record);
}

/* Identity */

/* False when one of the fields is not in the record. */
static bool identity_of_texts(const imr_rows *rows, uint64_t *hash) {
  lua_State *L = rows->L;
  *hash = 0;
  for (int i = 0; i < rows->type->identity_count; i++) {
    size_t length;
    push_value(rows, rows->type->identity[i]);
    const char *text = lua_tolstring(L, -1, &length);
    if (text != NULL) *hash = imr_hash(text, length, *hash);
    lua_pop(L, 1);
    if (text == NULL) return false;
  }
  return rows->type->identity_count > 0;
}

int64_t imr_rows_identity(const imr_rows *rows, const char *start) {
  uint64_t hash;
  if (!identity_of_texts(rows, &hash)) hash = imr_hash_quick(start, (size_t)(rows->json->at - start));
  return imr_hash_to_53_bits(hash);
}
