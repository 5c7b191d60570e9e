/* When a request has to have left: it was checked right before it set out, and that holds for a moment only.
 */
#define _GNU_SOURCE /* CLOCK_BOOTTIME */
#include <time.h>

#include "http/http.h"

/* A clock that nobody sets, and that goes on while the host sleeps. */
static double now(void) {
  struct timespec time = {0, 0};
#ifdef CLOCK_BOOTTIME
  clock_gettime(CLOCK_BOOTTIME, &time);
#else
  clock_gettime(CLOCK_MONOTONIC, &time);
#endif
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void imr_leave_set(imr_request *request, double seconds) { request->leave_by = now() + seconds; }

/* Asked when a connection stands. An old libcurl cannot ask: there the time to connect is all that is
 * limited. */
int imr_leave_refuse(imr_request *request) {
  request->late = request->leave_by > 0 && now() > request->leave_by;
  return request->late;
}
