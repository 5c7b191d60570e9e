#include "decode/identity.h"
#include "base/hash.h"

/* Of the fields that tell records apart, as they stand in the body; false when one of them has no value. */
static bool identity_of_texts(const imr_rows *rows, uint64_t *hash) {
  const imr_record_type *type = rows->type;
  uint64_t present = rows->seen & ~rows->bad;
  *hash = 0;
  for (int i = 0; i < type->identity_count; i++) {
    const imr_json_value *text = &rows->texts[type->identity[i]];
    if ((present & IMR_BIT(type->identity[i])) == 0) return false;
    *hash = imr_hash_quick(text->at, text->length, *hash);
  }
  return type->identity_count > 0;
}

uint64_t imr_rows_identity(const imr_rows *rows, const char *start) {
  uint64_t hash;
  if (identity_of_texts(rows, &hash)) return hash;
  return imr_hash_quick(start, (size_t)(rows->json->at - start), 0);
}
