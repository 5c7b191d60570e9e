/* What the platform's HTTP API consists of, as constant data. A new endpoint, parameter, field or meter type
 * is an entry in schema.c, and nothing else. */
#ifndef IMR_SCHEMA_H
#define IMR_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMR_MAX_FIELDS 40

/* A constant text with its length. */
typedef struct {
  const char *at;
  size_t length;
} imr_text;

/* A word of the platform and what we make of it: a boolean, or a word of ours. */
typedef struct {
  imr_text wire;
  const char *name; /* NULL: `truth` counts */
  bool truth;
} imr_word;

typedef enum { IMR_STR, IMR_INT, IMR_DEC, IMR_TIME, IMR_ENUM } imr_type;

/* What a field tells beyond itself. */
typedef enum { IMR_NO_DERIVED, IMR_METER_TYPE, IMR_IMAGE_STATUS } imr_derived;

typedef struct {
  const char *name;
  imr_type type;
  imr_text wire;
  imr_text alias;        /* the other spelling, or nothing */
  const imr_word *words; /* of an IMR_ENUM, up to one without a text */
  imr_derived derived;
} imr_field;

enum {
  IMR_LISTING = 1,       /* answers with records */
  IMR_COMMAND = 2,       /* acts, so it must never be sent twice */
  IMR_LOGIN = 4,         /* answers with a token */
  IMR_ONE_PER_METER = 8, /* a record is identified by device and meter, not by its content */
};

typedef struct {
  const char *name;
  const char *path;
  unsigned flags;
  const imr_field *fields; /* up to one without a name, IMR_MAX_FIELDS at most */
} imr_endpoint;

typedef struct {
  int number;
  const char *kind;
  const char *name; /* NULL where the platform has none */
  const char *name_zh;
} imr_meter_type;

/* Ends with an entry without a name. */
extern const imr_endpoint imr_endpoints[];

/* The image status that means that the picture could be read. */
extern const imr_text imr_image_ok;

/* NULL when there is no such endpoint. */
const imr_endpoint *imr_endpoint_named(const char *name);

/* NULL when the number is none that the platform documents. */
const imr_meter_type *imr_meter_type_of(int64_t number);

#endif
