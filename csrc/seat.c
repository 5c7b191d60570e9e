/* Seats as locked bytes. Where the system has no locks of open files (they are Linux's), nobody gets a seat.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "seat.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef F_OFD_SETLK

#define FIRST_BYTE 0x40000000 /* far behind what the file holds */

static int ask(int fd, int command, unsigned number, short *type) {
  struct flock lock = {0};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = FIRST_BYTE + (off_t)number;
  lock.l_len = 1;
  int result = fcntl(fd, command, &lock);
  *type = lock.l_type;
  return result;
}

/* The search begins at the process's number, so that who follows a dead process does not sit down on its
 * seat. */
imr_seat imr_seat_take(int fd) {
  imr_seat seat = {fd, IMR_SEAT_NONE};
  unsigned first = (unsigned)getpid();
  short type;
  for (unsigned i = 0; i < IMR_SEATS && seat.number == IMR_SEAT_NONE; i++) {
    unsigned number = (first + i) % IMR_SEATS;
    if (ask(fd, F_OFD_SETLK, number, &type) == 0)
      seat.number = number;
    else if (errno != EAGAIN && errno != EACCES)
      break;
  }
  return seat;
}

int imr_seat_is_taken(const imr_seat *seat, unsigned number) {
  short type;
  if (number == IMR_SEAT_NOBODY) return 0;
  if (number >= IMR_SEATS || number == seat->number) return 1;
  return ask(seat->fd, F_OFD_GETLK, number, &type) != 0 || type != F_UNLCK;
}

#else

imr_seat imr_seat_take(int fd) {
  imr_seat seat = {fd, IMR_SEAT_NONE};
  return seat;
}

int imr_seat_is_taken(const imr_seat *seat, unsigned number) {
  (void)seat;
  return number != IMR_SEAT_NOBODY;
}

#endif
