/* Seats: a number for each process that has a file open, which ends with the process.

   A seat is a byte of the file, locked as long as the file is open (by the open file description, so a child
   that was forked keeps its parent's). The kernel gives it back whatever way the process ends, and everybody
   can ask for it, also from another container that shares the file. */
#ifndef IMR_SEAT_H
#define IMR_SEAT_H

#define IMR_SEATS       4096
#define IMR_SEAT_NOBODY 0xfffe /* never taken */
#define IMR_SEAT_NONE   0xffff /* of a process that found no seat: counts as taken for good */

typedef struct imr_seat {
  int fd;
  unsigned number;
} imr_seat;

imr_seat imr_seat_take(int fd);
/* In doubt: yes. */
int imr_seat_is_taken(const imr_seat *seat, unsigned number);

#endif
