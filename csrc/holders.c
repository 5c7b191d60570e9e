/* Who holds the slots that are still to come: a table of words, each changed by compare-and-swap alone. */
#include "holders.h"

#define SEAT_BITS 16
#define SEAT_MASK UINT64_C(0xffff)

static uint64_t word_of(int64_t start, unsigned seat) { return (uint64_t)start << SEAT_BITS | seat; }
static int64_t start_of(uint64_t word) { return (int64_t)(word >> SEAT_BITS); }
static unsigned seat_of(uint64_t word) { return (unsigned)(word & SEAT_MASK); }

static uint64_t word_at(const imr_slots_entry *entry, unsigned index) {
  return __atomic_load_n(&entry->holders[index], __ATOMIC_ACQUIRE);
}

static int replace(imr_slots_entry *entry, unsigned index, uint64_t before, uint64_t after) {
  return __atomic_compare_exchange_n(&entry->holders[index], &before, after, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE);
}

/* The earliest slot after `after` that is not this process's own: its index, or IMR_SLOTS_HOLDERS. */
static unsigned earliest(const imr_slots_entry *entry, unsigned own, int64_t after, uint64_t *word) {
  unsigned found = IMR_SLOTS_HOLDERS;
  *word = UINT64_MAX;
  for (unsigned i = 0; i < IMR_SLOTS_HOLDERS; i++) {
    uint64_t one = word_at(entry, i);
    if (start_of(one) <= after || seat_of(one) == own || one >= *word) continue;
    *word = one;
    found = i;
  }
  return found;
}

/* A slot that is taken over keeps the distance to the next that its first holder gave it. So it is for those
   only whom the shortest distance of all suits. */
static int is_wide_enough(const imr_slots_entry *entry, const imr_slot_wish *wish) {
  int64_t spacing = __atomic_load_n(&entry->spacing, __ATOMIC_ACQUIRE);
  return spacing > 0 && wish->interval <= spacing;
}

int64_t imr_holders_take_over(imr_slots_entry *entry, const imr_seat *seat, const imr_slot_wish *wish) {
  int64_t next = __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
  int64_t pushed = __atomic_load_n(&entry->pushed, __ATOMIC_ACQUIRE);
  int64_t after = pushed - 1 > wish->now ? pushed - 1 : wish->now;
  int64_t last = next - wish->interval;
  if (!imr_slots_sane(next, wish->now) || last <= after || !is_wide_enough(entry, wish)) return 0;
  if (last - wish->now > wish->max_wait) last = wish->now + wish->max_wait;
  for (;;) {
    uint64_t word;
    unsigned index = earliest(entry, seat->number, after, &word);
    if (index == IMR_SLOTS_HOLDERS || start_of(word) > last) return 0;
    if (!imr_seat_is_taken(seat, seat_of(word))) {
      if (replace(entry, index, word, word_of(start_of(word), seat->number))) return start_of(word);
      continue; /* somebody was quicker: look again */
    }
    after = start_of(word);
  }
}

static void put(imr_slots_entry *entry, uint64_t word, int64_t now) {
  for (unsigned i = 0; i < IMR_SLOTS_HOLDERS; i++) {
    uint64_t before = word_at(entry, i);
    if (start_of(before) < now && replace(entry, i, before, word)) return;
  }
}

static void note_spacing(imr_slots_entry *entry, int64_t interval) {
  int64_t known = __atomic_load_n(&entry->spacing, __ATOMIC_ACQUIRE);
  while ((known <= 0 || interval < known) &&
         !__atomic_compare_exchange_n(&entry->spacing, &known, interval, 0, __ATOMIC_ACQ_REL,
                                      __ATOMIC_ACQUIRE)) {
  }
}

void imr_holders_add(imr_slots_entry *entry, const imr_seat *seat, int64_t start, const imr_slot_wish *wish) {
  note_spacing(entry, wish->interval);
  if (start > wish->now) put(entry, word_of(start, seat->number), wish->now);
}

int imr_holders_remove(imr_slots_entry *entry, const imr_seat *seat, int64_t start) {
  uint64_t word = word_of(start, seat->number);
  for (unsigned i = 0; i < IMR_SLOTS_HOLDERS; i++)
    if (word_at(entry, i) == word) return replace(entry, i, word, 0);
  return 0;
}

void imr_holders_offer(imr_slots_entry *entry, int64_t start, int64_t now) {
  if (start > now) put(entry, word_of(start, IMR_SEAT_NOBODY), now);
}

/* ---------------------------------------------------------------- locks */

/* In an entry without holders there is room for the time alone. */
static uint64_t *lock_of(imr_slots_entry *entry, int known) {
  return known ? &entry->holders[0] : (uint64_t *)&entry->next;
}

static uint64_t lock_word(int64_t until, const imr_seat *seat, int known) {
  return known ? word_of(until, seat->number) : (uint64_t)until;
}

/* Until when others have it; 0 when it is free. */
static int64_t locked_until(uint64_t word, const imr_seat *seat, const imr_lock_wish *wish) {
  int64_t until = wish->known ? start_of(word) : (int64_t)word;
  if (until <= wish->now || !imr_slots_sane(until, wish->now)) return 0;
  return wish->known && !imr_seat_is_taken(seat, seat_of(word)) ? 0 : until;
}

static int swap(uint64_t *place, uint64_t *before, uint64_t after) {
  return __atomic_compare_exchange_n(place, before, after, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

int64_t imr_holders_lock(imr_slots_entry *entry, const imr_seat *seat, const imr_lock_wish *wish) {
  uint64_t *place = lock_of(entry, wish->known), word = lock_word(wish->until, seat, wish->known);
  uint64_t before = lock_word(wish->held, seat, wish->known);
  if (wish->held) return swap(place, &before, word) ? 0 : wish->now;
  before = __atomic_load_n(place, __ATOMIC_ACQUIRE);
  do {
    int64_t until = locked_until(before, seat, wish);
    if (until) return until;
  } while (!swap(place, &before, word));
  return 0;
}

void imr_holders_unlock(imr_slots_entry *entry, const imr_seat *seat, const imr_lock_wish *wish) {
  uint64_t before = lock_word(wish->held, seat, wish->known);
  swap(lock_of(entry, wish->known), &before, 0);
}
