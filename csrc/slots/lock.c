/* A lock is one word, below zero: when it ends, and the process that has it, with a few bits of where its
   number holds: containers that share the file have numbers of their own. It ends at its time or with that
   process, and there is no moment at which a process can be killed and leave a lock without an owner. */
#define _POSIX_C_SOURCE 200809L /* kill */
#include "slots/lock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define PID_BITS   22 /* Linux has no higher numbers */
#define PID_MASK   ((INT64_C(1) << PID_BITS) - 1)
#define PLACE_MASK ((INT64_C(1) << (IMR_SLOTS_OWNER_BITS - PID_BITS)) - 1)

/* The namespace of this process's number; 0 where the system has none. */
static int64_t place(void) {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) == 0 ? (int64_t)status.st_ino & PLACE_MASK : 0;
}

int64_t imr_slots_lock_word(int64_t held) {
  return INT64_MIN | held << IMR_SLOTS_OWNER_BITS | place() << PID_BITS | ((int64_t)getpid() & PID_MASK);
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

/* Of a process elsewhere nobody can tell. */
static int has_ended(int64_t word) {
  pid_t pid = (pid_t)(word & PID_MASK);
  if (pid == 0 || (word >> PID_BITS & PLACE_MASK) != place()) return 0;
  return kill(pid, 0) != 0 ? errno == ESRCH : is_zombie(pid);
}

/* Until when others have it; 0 when it is free. */
static int64_t locked_until(int64_t word, int64_t now) {
  int64_t until = imr_slots_time(word);
  if (until <= now || !imr_slots_sane(word, now)) return 0;
  return word < 0 && has_ended(word) ? 0 : until;
}

static int swap(imr_slots_entry *entry, int64_t *before, int64_t after) {
  return __atomic_compare_exchange_n(&entry->next, before, after, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

int64_t imr_slots_take_lock(imr_slots_entry *entry, imr_lock_wish *wish) {
  int64_t before =
      wish->held ? imr_slots_lock_word(wish->held) : __atomic_load_n(&entry->next, __ATOMIC_ACQUIRE);
  int64_t mine = before, held = wish->until / IMR_SLOTS_TICK + 1;
  do {
    int64_t until = wish->held ? (before == mine ? 0 : wish->now) : locked_until(before, wish->now);
    if (until) return until;
    if (held * IMR_SLOTS_TICK == imr_slots_time(before))
      held++; /* no two locks one after the other end at the same time */
  } while (!swap(entry, &before, imr_slots_lock_word(held)));
  wish->held = held;
  return 0;
}
