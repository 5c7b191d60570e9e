/* Who holds the slots of a key that are still to come.

   A holder is one word: the slot's start, and the seat (csrc/seat.h) of the process that took it. A word
   whose slot is past is free for another. There may be more slots than words; those that have none are lost
   with their process, as all were without this list. */
#ifndef IMR_HOLDERS_H
#define IMR_HOLDERS_H

#include <stdint.h>

#include "seat.h"
#include "slots.h"

typedef struct imr_slot_wish {
  int64_t now;
  int64_t interval;
  int64_t max_wait;
} imr_slot_wish;

typedef struct imr_lock_wish {
  int64_t now;
  int64_t until;
  int64_t held; /* until when the caller has the lock by what it was told; 0: it asks for it */
  int known;    /* does the entry have holders? */
} imr_lock_wish;

/* Takes the earliest slot whose holder has died or has given it back: its start, or 0 when there is none. */
int64_t imr_holders_take_over(imr_slots_entry *entry, const imr_seat *seat, const imr_slot_wish *wish);
/* This process holds a slot that was taken from the end of the queue. */
void imr_holders_add(imr_slots_entry *entry, const imr_seat *seat, int64_t start, const imr_slot_wish *wish);
/* This process holds a slot no more. Was it written down? */
int imr_holders_remove(imr_slots_entry *entry, const imr_seat *seat, int64_t start);
/* A slot that was removed is anybody's. */
void imr_holders_offer(imr_slots_entry *entry, int64_t start, int64_t now);

/* An entry may be a lock instead, which ends at a time or with whoever has it. Takes it, or keeps it for
   longer: 0, or the time at which the one that others have ends. */
int64_t imr_holders_lock(imr_slots_entry *entry, const imr_seat *seat, const imr_lock_wish *wish);
/* Gives it back, unless it has gone to somebody else. */
void imr_holders_unlock(imr_slots_entry *entry, const imr_seat *seat, const imr_lock_wish *wish);

#endif
