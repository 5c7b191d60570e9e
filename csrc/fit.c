/* Extra keys and missing ones are the platform's right, so one row says little. But an answer is one
 * endpoint's: among all its keys there is one that only this endpoint's records have, or none that only
 * another's have. */
#include "fit.h"
#include "field.h"

#include <string.h>

static const imr_field *find_key(const imr_endpoint *endpoint, const char *at, size_t length) {
  for (const imr_field *field = endpoint->fields; field->name != NULL; field++)
    if (imr_is_text(&field->wire, at, length) || imr_is_text(&field->alias, at, length)) return field;
  return NULL;
}

void imr_keys_note(imr_keys *keys, int field, const imr_json_value *key) {
  if (field >= 0) {
    keys->own |= UINT64_C(1) << field;
    return;
  }
  for (int i = 0; imr_endpoints[i].name != NULL; i++)
    if (find_key(&imr_endpoints[i], key->at, key->length) != NULL) keys->others |= UINT64_C(1) << i;
}

/* Has one of the rows a field that the other endpoint's records have not? */
static bool has_beyond(const imr_keys *keys, const imr_endpoint *endpoint, const imr_endpoint *other) {
  for (int i = 0; endpoint->fields[i].name != NULL; i++) {
    const imr_text *wire = &endpoint->fields[i].wire;
    if ((keys->own >> i & 1) != 0 && find_key(other, wire->at, wire->length) == NULL) return true;
  }
  return false;
}

bool imr_keys_fit(const imr_keys *keys, const imr_endpoint *endpoint, bool single) {
  const imr_endpoint *meters = imr_endpoint_named("meters");
  if (keys->own == 0) return false;
  for (int i = 0; imr_endpoints[i].name != NULL; i++) {
    bool has_foreign = (keys->others >> i & 1) != 0;
    if (has_foreign && !has_beyond(keys, endpoint, &imr_endpoints[i])) return false;
  }
  /* Whose it is, and no measured thing: a list of meters. One meter that was never read has no more than
   * that. */
  return single || endpoint == meters || has_beyond(keys, endpoint, meters);
}
