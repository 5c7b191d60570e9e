/* Slot arithmetic. A slot is the earliest time at which the next request may leave, in microseconds. */
#ifndef IMR_PACE_H
#define IMR_PACE_H

#include <stdint.h>

typedef struct imr_reservation {
  int64_t start; /* when the caller may send */
  int64_t next;  /* what the slot becomes; unchanged when the wait would be too long */
  int granted;
} imr_reservation;

/* `held`: a slot the caller took and did not use (0: none). When nobody has queued behind it, it is given
 * back. */
int64_t imr_pace_release(int64_t next, int64_t held, int64_t interval);
imr_reservation imr_pace_reserve(int64_t next, int64_t now, int64_t interval, int64_t max_wait);

#endif
