/* Signals that end a program: noted by a handler that does nothing else; Lua asks when it can act on it. */
#define _POSIX_C_SOURCE 200809L
#include "os/signals.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "os/os.h"

#define PATIENCE 3 /* so many signals, and whoever sends them wants no tidying up */

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
static volatile sig_atomic_t caught, count;

static void note(int number) {
  if (!caught) caught = number;
  count = count + 1;
  if (count >= PATIENCE) _exit(128 + number);
}

int imr_signal_caught(void) { return caught; }

/* Without SA_RESTART, so that a wait or a write ends. What the parent has set to be ignored (nohup) stays
 * ignored. */
void imr_catch_signals(void) {
  struct sigaction action = {.sa_handler = note}, before;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
    if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(ending[i], &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

/*** Notes SIGINT, SIGTERM, SIGHUP and SIGQUIT instead of ending, and ignores SIGPIPE. For a program's own
use.
@function catch_signals */
static int catch_signals(lua_State *L) {
  (void)L;
  imr_catch_signals();
  return 0;
}

/*** The first signal that was caught.
@function caught_signal
@treturn integer|nil */
static int caught_signal(lua_State *L) {
  if (!caught) return 0;
  imr_push_integer(L, caught);
  return 1;
}

void imr_open_signals(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"catch_signals", catch_signals},
      {"caught_signal", caught_signal},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
