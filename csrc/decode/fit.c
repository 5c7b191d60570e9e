/* Extra keys and missing ones are the server's right, so one row says little. But an answer has rows of one
 * type: among all its keys there is one that only this type's records have, or none that only another's
 * have. */
#include "decode/fit.h"
#include "decode/field.h"

void imr_keys_note(imr_keys *keys, const imr_record_type *type, int field, const imr_json_value *key) {
  if (field >= 0) {
    keys->own |= UINT64_C(1) << field;
    return;
  }
  for (int i = 0; i < type->foreign_count; i++) {
    const imr_foreign *foreign = &type->foreign[i];
    if (imr_is_text(&foreign->key, key->at, key->length)) keys->others |= foreign->rivals;
  }
}

bool imr_keys_fit(const imr_keys *keys, const imr_record_type *type, bool single) {
  if (keys->own == 0) return false;
  for (int i = 0; i < type->rival_count; i++) {
    bool has_foreign = (keys->others >> i & 1) != 0;
    if (has_foreign && (keys->own & type->beyond[i]) == 0) return false;
  }
  return single || (keys->own & type->telling) != 0;
}
