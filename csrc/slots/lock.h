/* Locks in the slot file: `next` of an entry says when its lock ends, and whose it is. */
#ifndef IMR_SLOTS_LOCK_H
#define IMR_SLOTS_LOCK_H

#include "slots/layout.h"

typedef struct imr_lock_wish {
  int64_t now;
  int64_t until;
  int64_t held; /* what the caller has the lock by; 0: it asks for it */
} imr_lock_wish;

/* Takes a lock, or keeps it for longer: 0, or the time at which the one that others have ends. `held` of the
   wish is then what the caller has it by. */
int64_t imr_slots_take_lock(imr_slots_entry *entry, imr_lock_wish *wish);
/* What an entry holds while this process has the lock by `held`. */
int64_t imr_slots_lock_word(int64_t held);

#endif
