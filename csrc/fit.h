/* Whether rows are records of the endpoint that was asked: an answer to another request may be taken for
 * ours. */
#ifndef IMR_FIT_H
#define IMR_FIT_H

#include "json.h"
#include "schema.h"

/* Which keys the rows of one answer have, with a value or without. */
typedef struct {
  uint64_t own;    /* fields of the endpoint */
  uint64_t others; /* endpoints that know a key which ours does not know, by their places in the schema */
} imr_keys;

/* A key that no row had before, or not there; `field` is -1 where it is none of the endpoint's. */
void imr_keys_note(imr_keys *keys, int field, const imr_json_value *key);

/* May rows with these keys be the endpoint's? `single`: it is the one object that an answer about one meter
 * has. */
bool imr_keys_fit(const imr_keys *keys, const imr_endpoint *endpoint, bool single);

#endif
