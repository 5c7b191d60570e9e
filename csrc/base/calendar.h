/* Dates as text and as Unix seconds, both without a zone. No C library call: those depend on the process's
 * zone. */
#ifndef IMR_CALENDAR_H
#define IMR_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMR_DATETIME_LENGTH 19 /* YYYY-MM-DD HH:MM:SS */

/* Years 1 to 9999 can be written. */
#define IMR_MIN_SECONDS INT64_C(-62135596800)
#define IMR_MAX_SECONDS INT64_C(253402300799)

typedef enum {
  IMR_DATE_OK,
  IMR_DATE_MALFORMED,  /* not of the form */
  IMR_DATE_IMPOSSIBLE, /* of the form, but no such day or time */
} imr_date_result;

/* What a bare date stands for. */
typedef enum { IMR_DAY_BEGIN, IMR_DAY_END } imr_day_edge;

/* The full form only, with a blank or a T between date and time. 24:00:00 is the next day's midnight. */
imr_date_result imr_datetime_read(const char *text, size_t length, int64_t *seconds);

/* The full form, and also without seconds, and a bare date. */
imr_date_result imr_date_read(const char *text, size_t length, imr_day_edge edge, int64_t *seconds);

/* `seconds` must be in the range above. Writes no NUL. */
void imr_datetime_write(int64_t seconds, char out[IMR_DATETIME_LENGTH]);

#endif
