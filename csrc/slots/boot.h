/* The host's boot: the clock that runs since it, and what tells it from others. */
#ifndef IMR_BOOT_H
#define IMR_BOOT_H

#include <stdint.h>

/* Nanoseconds since the host was started: one clock for all its processes, which nobody sets back. */
int64_t imr_boot_clock(void);

/* Where the host does not say (not Linux), all boots look alike. */
uint64_t imr_boot_identity(void);

#endif
