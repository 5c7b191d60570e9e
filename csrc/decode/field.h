/* A value of the platform as the type of its field. */
#ifndef IMR_FIELD_H
#define IMR_FIELD_H

#include "base/compat.h"
#include "decode/record_type.h"
#include "json/reader.h"

/* How the caller wants to have values. */
typedef struct {
  bool exact; /* decimals as the server's own digits */
  int64_t utc_offset;
} imr_style;

bool imr_is_text(const imr_text *text, const char *at, size_t length);

/* Pushes the value as the field's type; false, when it is none of it, pushes nothing. */
bool imr_push_field(lua_State *L, const imr_field *field, const imr_json_value *value,
                    const imr_style *style);

/* Pushes a value as text, where its type does not fit: decoded if it can be, else the server's own bytes. */
void imr_push_raw(lua_State *L, const imr_json_value *value);

/* The same of what may be too long to be kept: then its beginning as it was sent, and how long it was. */
#define IMR_BEGINNING 1000 /* bytes */
void imr_push_beginning(lua_State *L, const imr_json_value *value);

#endif
