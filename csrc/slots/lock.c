/* A lock ends at its time, or with the process that has it, which writes itself down beside it. That word
   holds the end of the lock too: one that does not fit to it was written for another lock, or is still to be
   written, and says nothing. */
#define _POSIX_C_SOURCE 200809L /* kill */
#include "slots/lock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define PID_BITS 22 /* Linux has no higher numbers */
#define PID_MASK ((UINT64_C(1) << PID_BITS) - 1)

static uint64_t owner_of(int64_t until, pid_t pid) {
  return (uint64_t)until << PID_BITS | ((uint64_t)pid & PID_MASK);
}

/* A process that has ended, but whose parent has not asked for its status, can still be sent signals. */
static int is_zombie(pid_t pid) {
  char path[32], text[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  const char *name_end = strrchr(text, ')'); /* the name before it may hold anything */
  return name_end && (strncmp(name_end, ") Z", 3) == 0 || strncmp(name_end, ") X", 3) == 0);
}

static int has_ended(pid_t pid) { return kill(pid, 0) != 0 ? errno == ESRCH : is_zombie(pid); }

/* Is the process gone that took the lock which ends then? */
static int is_orphan(const imr_slots_entry *entry, int64_t until) {
  uint64_t owner = __atomic_load_n(&entry->owner, __ATOMIC_ACQUIRE);
  pid_t pid = (pid_t)(owner & PID_MASK);
  return pid > 0 && owner == owner_of(until, pid) && has_ended(pid);
}

/* Until when others have it; 0 when it is free. */
static int64_t locked_until(const imr_slots_entry *entry, int64_t until, int known, int64_t now) {
  if (until <= now || !imr_slots_sane(until, now)) return 0;
  return known && is_orphan(entry, until) ? 0 : until;
}

static int swap(imr_slots_entry *entry, int64_t *before, int64_t after) {
  return __atomic_compare_exchange_n(&entry->next, before, after, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

int64_t imr_slots_take_lock(imr_slots_entry *entry, const imr_slots_header *header, imr_lock_wish *wish) {
  int known = imr_slots_have_owners(header);
  int64_t before = wish->held ? wish->held : __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
  do {
    int64_t until =
        wish->held ? (before == wish->held ? 0 : wish->now) : locked_until(entry, before, known, wish->now);
    if (until) return until;
    if (wish->until == before) wish->until++; /* no two locks one after the other end at the same time */
  } while (!swap(entry, &before, wish->until));
  if (known) __atomic_store_n(&entry->owner, owner_of(wish->until, getpid()), __ATOMIC_RELEASE);
  return 0;
}
