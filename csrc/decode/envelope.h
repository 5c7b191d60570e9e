/* An answer's body on its way to Lua: {code, message, total, form, rows, ids, misfit, token}. It can be read
 * in slices, which end between two rows: `imr_envelope` and the stack slots from its first one to the top are
 * all that the next one needs. */
#ifndef IMR_ENVELOPE_H
#define IMR_ENVELOPE_H

#include "decode/record.h"

typedef enum { IMR_ENVELOPE_BAD = -1, IMR_ENVELOPE_PAUSED = 0, IMR_ENVELOPE_DONE = 1 } imr_envelope_step;

typedef struct {
  lua_State *L; /* of the slice that is being read */
  const char *body;
  imr_json json;
  const imr_record_type *type; /* of the rows, NULL: there are none */
  bool token;                  /* there is one instead */
  imr_rows rows;

  int table;     /* the first stack slot of ours: the answer */
  int list;      /* its rows or nil, and in the slot behind it: */
  uint64_t *ids; /* their identities, a userdata */
  int id_room;

  size_t slice;
  const char *until; /* where the slice ends */
  bool in_rows;      /* of a list, between two of them */
  bool single;       /* one row is all of `data` */
  int row_count;

  bool refused; /* the reason is at the top of the stack; else it is the reader's */
  bool entered;
  bool closed;
  bool has_code;
  bool has_data;
  bool has_rows; /* the rows have been begun */
  const char *form;
  int64_t code;
  imr_json_value code_text;
  imr_json_value message;
  imr_json_value total;
  imr_json_value data;
  imr_json_value other;
} imr_envelope;

/* Takes the stack slots. `type`, `token` and `rows.style` are set, all else is zero; `prepared` is the index
 * of the type's user value. */
void imr_envelope_open(imr_envelope *answer, lua_State *L, int prepared, const char *body, size_t length);

/* Reads on for about so many bytes (0: all that is left). When it is done, the answer is
 * at the top of the stack, when it is bad, the problem. */
imr_envelope_step imr_envelope_read(imr_envelope *answer, lua_State *L, size_t bytes);

#endif
