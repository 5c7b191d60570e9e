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
extern const luaL_Reg imr_slots_methods[];
/* Twice is fine. */
int imr_slots_close(lua_State *L);

#endif
