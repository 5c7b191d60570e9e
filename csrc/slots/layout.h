/* The file in which all processes of a host keep one pace: slots by key, taken with a 64-bit
   compare-and-swap.

   A header, then `capacity` entries. A later layout may lengthen header and entries: both sizes stand in the
   header and are read from there, so that two versions share a file. All times are microseconds of the host's
   boot clock, which nobody sets back; a file from before the last boot holds nothing that still counts.
 An entry is
   a lock instead where its key is one's; then `next` is below zero. */
#ifndef IMR_SLOTS_H
#define IMR_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#define IMR_SLOTS_LAYOUT   3
#define IMR_SLOTS_CAPACITY 1024
#define IMR_SLOTS_LONGEST  INT64_C(2592000000000) /* 30 days: no interval and no wait is longer */

typedef struct imr_slots_header {
  char magic[8];
  uint32_t layout;
  uint32_t header_size;
  uint32_t entry_size;
  uint32_t capacity;
  uint64_t boot; /* which boot of the host the times belong to */
  int64_t born;  /* when the file was made: what was before is not known */
} imr_slots_header;

typedef struct imr_slots_entry {
  uint64_t key; /* hash; 0: free */
  int64_t next; /* a time; or a lock: the sign, its end in ticks, and the process that has it */
} imr_slots_entry;

#define IMR_SLOTS_TICK       INT64_C(16000) /* microseconds: with these the end of a lock has room for 17 years */
#define IMR_SLOTS_OWNER_BITS 28

/* The time that an entry says, of a lock its end. */
static inline int64_t imr_slots_time(int64_t next) {
  return next < 0 ? ((next & INT64_MAX) >> IMR_SLOTS_OWNER_BITS) * IMR_SLOTS_TICK : next;
}

typedef enum imr_slots_state {
  IMR_SLOTS_GOOD,
  IMR_SLOTS_OLD, /* of another boot: as it should be, and nothing in it counts any more */
  IMR_SLOTS_DAMAGED
} imr_slots_state;

/* What these bytes are, which may be anything. Copies the header of a good file out. */
imr_slots_state imr_slots_check(const unsigned char *bytes, size_t size, uint64_t boot, int64_t now,
                                imr_slots_header *header);
/* Can an entry say this? Two longest spans ahead is what an interval after the longest wait comes to. */
int imr_slots_sane(int64_t next, int64_t now);
void imr_slots_init(unsigned char *bytes, uint64_t boot, int64_t born);
size_t imr_slots_size(void);

/* The entry of a key, which is made when it is new; NULL when the table is full. */
imr_slots_entry *imr_slots_find(unsigned char *bytes, const imr_slots_header *header, uint64_t key);

#endif
