/* An open slot file: slots_file.c opens and maps it, slots_use.c works on it. */
#ifndef IMR_SLOTS_OBJECT_H
#define IMR_SLOTS_OBJECT_H

#include "base/compat.h"
#include "slots/layout.h"

#define IMR_SLOTS_TYPE "imr.slots"

typedef struct imr_slots {
  int fd; /* -1: closed */
  unsigned char *bytes;
  size_t size;             /* what is mapped */
  imr_slots_header header; /* as it was checked: the mapped one may be overwritten at any time */
} imr_slots;

/* Microseconds of the host's boot clock. */
int64_t imr_slots_now(void);
/* The methods that work on it go into the table at the top of the stack. */
void imr_slots_add_methods(lua_State *L);

#endif
