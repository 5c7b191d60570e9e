#include "decode/identity.h"
#include "base/hash.h"

/* Pushes a field's value from the record, which is made. */
static void push_value(const imr_rows *rows, int field) {
  lua_pushvalue(rows->L, rows->builder.names + field);
  lua_rawget(rows->L, rows->builder.record);
}

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
