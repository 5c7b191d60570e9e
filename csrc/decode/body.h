/* An answer's body that became no Lua string: curl.so makes it, core.so decodes it where it came in. The copy
   would cost a large page a millisecond that the other requests of an nginx worker wait for. */
#ifndef IMR_BODY_H
#define IMR_BODY_H

#include <lauxlib.h>
#include <stddef.h>

#define IMR_BODY "imr.body" /* its metatable */

typedef struct imr_body {
  char *data; /* from malloc, with a zero behind it; NULL when it has been released */
  size_t length;
  int in_use;  /* being decoded, so often: must not be released */
  int dropped; /* the collector, or somebody by hand, wanted it gone meanwhile */
} imr_body;

#endif
