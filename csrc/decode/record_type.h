/* What the records of an answer look like, as Lua hands it in: the fields with the keys that they come under,
 * and what tells rows of this type from those of others. */
#ifndef IMR_RECORD_TYPE_H
#define IMR_RECORD_TYPE_H

#include "base/compat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMR_RECORD_TYPE "imr.record_type"

#define IMR_MAX_FIELDS   40
#define IMR_MAX_DERIVED  4
#define IMR_MAX_IDENTITY 4
#define IMR_MAX_RIVALS   52

/* A text that a Lua string holds. */
typedef struct {
  const char *at;
  size_t length;
} imr_text;

/* A word of the server's and what we make of it: a boolean, or a word of ours. */
typedef struct {
  imr_text wire;
  imr_text name; /* nothing: `truth` counts */
  bool truth;
} imr_word;

typedef enum { IMR_STR, IMR_INT, IMR_DEC, IMR_TIME, IMR_ENUM } imr_type;

typedef struct {
  const char *name;
  imr_type type;
  imr_text wire;
  imr_text alias;        /* the other spelling, or nothing */
  const imr_word *words; /* of an IMR_ENUM */
  int word_count;
} imr_field;

/* A field that follows from the value of another, by a table. */
typedef struct {
  const char *name;
  int from; /* the other field */
  bool has_otherwise;
  bool otherwise; /* for a value that is not in the table */
} imr_derived;

/* A key that our rows have not, and which of the rivals have it. */
typedef struct {
  imr_text key;
  uint64_t rivals;
} imr_foreign;

/* A userdata, followed by its words and foreign keys. Its user value is the list that imr_builder_prepare
 * begins; behind that are the tables of the derived fields, and under `texts` all strings that it points
 * into. */
typedef struct {
  int field_count;
  int derived_count;
  int identity_count;
  int foreign_count;
  int rival_count;
  int identity[IMR_MAX_IDENTITY];  /* fields that tell a record from others; none: its content does */
  uint64_t telling;                /* one of these fields is in the rows of a list */
  uint64_t beyond[IMR_MAX_RIVALS]; /* fields that a rival's rows have not */
  const imr_foreign *foreign;
  imr_field fields[IMR_MAX_FIELDS];
  imr_derived derived[IMR_MAX_DERIVED];
} imr_record_type;

#endif
