#include "record_end.h"
#include "hash.h"

static void push_name(const imr_rows *rows, int field) {
  lua_pushvalue(rows->L, rows->builder.names + field);
}

static void set_string(imr_rows *rows, const char *name, const char *value) {
  if (value == NULL) return;
  lua_pushstring(rows->L, value);
  lua_setfield(rows->L, rows->builder.record, name);
}

/* Pushes a field's value from the record, which is made. */
static void push_value(const imr_rows *rows, int field) {
  push_name(rows, field);
  lua_rawget(rows->L, rows->builder.record);
}

/* `kind` and `type_name` of a meter type, `image_ok` of an image status. */
static void set_derived(imr_rows *rows) {
  lua_State *L = rows->L;
  if (rows->derived < 0 || (rows->seen & IMR_BIT(rows->derived)) == 0) return;
  push_value(rows, rows->derived);
  if (rows->endpoint->fields[rows->derived].derived == IMR_METER_TYPE) {
    const imr_meter_type *type = imr_meter_type_of((int64_t)lua_tonumber(L, -1));
    if (type != NULL) set_string(rows, "kind", type->kind);
    if (type != NULL) set_string(rows, "type_name", type->name);
  } else if (lua_isstring(L, -1)) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    lua_pushboolean(L, imr_is_text(&imr_image_ok, text, length));
    lua_setfield(L, rows->builder.record, "image_ok");
  }
  lua_pop(L, 1);
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
  set_derived(rows);
  if (rows->bad != 0) put_bad(rows);
  imr_leftovers_end(&rows->leftovers, rows->L, rows->builder.record);
}

/* Identity */

/* False when one of the two is not in the record. */
static bool identity_of_texts(const imr_rows *rows, uint64_t *hash) {
  lua_State *L = rows->L;
  const int fields[] = {rows->device_id, rows->meter_no};
  *hash = 0;
  for (int i = 0; i < 2; i++) {
    size_t length;
    push_value(rows, fields[i]);
    const char *text = lua_tolstring(L, -1, &length);
    if (text != NULL) *hash = imr_hash(text, length, *hash);
    lua_pop(L, 1);
    if (text == NULL) return false;
  }
  return true;
}

int64_t imr_rows_identity(const imr_rows *rows, const char *start) {
  uint64_t hash;
  bool by_meter =
      (rows->endpoint->flags & IMR_ONE_PER_METER) != 0 && rows->device_id >= 0 && rows->meter_no >= 0;
  if (!by_meter || !identity_of_texts(rows, &hash))
    hash = imr_hash_quick(start, (size_t)(rows->json->at - start));
  return imr_hash_to_53_bits(hash);
}
