/* Whether rows are records of the type that was asked for: an answer to another request may be taken for
 * ours. */
#ifndef IMR_FIT_H
#define IMR_FIT_H

#include "decode/record_type.h"
#include "json/reader.h"

/* Which keys the rows of one answer have, with a value or without. */
typedef struct {
  uint64_t own;    /* fields of the type */
  uint64_t others; /* rivals that know a key which ours does not know */
} imr_keys;

/* A key that no row had before, or not there; `field` is -1 where it is none of the type's. */
void imr_keys_note(imr_keys *keys, const imr_record_type *type, int field, const imr_json_value *key);

/* May rows with these keys be of the type? `single`: it is the one object that an answer about one thing has.
 */
bool imr_keys_fit(const imr_keys *keys, const imr_record_type *type, bool single);

#endif
