/* Rows of an answer as Lua records. */
#ifndef IMR_RECORD_H
#define IMR_RECORD_H

#include "decode/builder.h"
#include "decode/extra.h"
#include "decode/field.h"
#include "decode/fit.h"

/* Of a set of fields. */
#define IMR_BIT(number) (UINT64_C(1) << (number))

/* Rows of one answer look alike: so many keys of a row are guessed from the row before. */
#define IMR_MAX_GUESSES 48

typedef struct {
  const char *text; /* from the comma before the key, if there is one, up to the value */
  size_t length;
  imr_json_value key;
  const imr_text *wire; /* the spelling of ours that it is */
  int field;            /* -1: none of ours */
  uint64_t bit;         /* of the field, none for -1 */
} imr_guess;

/* Stack slots that reading a row takes beyond those that are taken for all rows. */
#define IMR_ROWS_STACK (IMR_BUILDER_STACK + 20)

/* What the rows of one answer share. It points into the body and the Lua stack. */
typedef struct {
  lua_State *L;
  imr_json *json;
  const imr_record_type *type;
  imr_style style;

  imr_builder builder;
  int derived; /* Lua stack slot of the first derived field's table, behind it the others */
  int values;  /* Lua stack slot of the first field's last value, where it is kept, behind it the others */
  imr_extra extra;

  imr_keys keys; /* of all rows so far */
  imr_guess guesses[IMR_MAX_GUESSES];
  imr_json_value texts[IMR_MAX_FIELDS]; /* the last text of each field */
  const imr_text *wires[IMR_MAX_FIELDS];
  uint64_t strings;  /* fields that become strings */
  uint64_t numbers;  /* numbers, */
  uint64_t integers; /* and those of them that become integers */
  uint64_t times;
  uint64_t keepable; /* fields whose values may be kept for the next row */
  uint64_t seen;     /* fields that had a value in this row */
  uint64_t bad;      /* those of them whose value is not of its type */
  uint64_t kept;     /* fields whose slot in `values` has what `texts` says */
  int last_string;   /* field of this row, -1: none */
  int last_integer;  /* the same: what it is by now, */
  int64_t integer;   /* is this */
  int members;       /* in this row */
} imr_rows;

/* Takes the stack slots; `prepared` is the index of the type's user value. */
void imr_rows_open(imr_rows *rows, int prepared);

/* Reads a row, behind its opening brace, and leaves the record at the top of the stack. False leaves nothing:
 * it is not JSON. */
bool imr_rows_read(imr_rows *rows);

#endif
