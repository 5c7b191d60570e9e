/* A limit for calls that wait inside a library on a socket which that library keeps to itself: a database
   driver waits for its server without end and takes no notice of signals. A thread shuts the socket down when
   such a call has lasted too long, or when a signal was caught: then the library finds its connection closed
   and returns.

   The thread knows no Lua. It holds a duplicate of the descriptor, so that the number is never somebody
   else's. */
#define _GNU_SOURCE /* F_DUPFD_CLOEXEC, pthread_condattr_setclock */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/class.h"
#include "os/os.h"
#include "os/signals.h"

#define LIMIT_TYPE     "imr.call_limit"
#define DESCRIPTORS    4096               /* looked through for the library's socket */
#define TICK           INT64_C(250000000) /* nanoseconds between two looks of the thread */
#define TICKS_A_SECOND 4.0
#define GRACE          4  /* ticks that a call may last after a signal */
#define IDLE           20 /* ticks without a call, after which the thread sleeps until the next one */

typedef enum end_reason { NOT_ENDED, TOO_LONG, SIGNALLED } end_reason;

typedef struct imr_call_limit {
  unsigned char before[DESCRIPTORS / CHAR_BIT]; /* which were sockets before the library made its own */
  int fd;                                       /* -1: none yet, or closed */
  pid_t owner;
  int started; /* the thread */
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t changed;
  int closing, asleep;
  unsigned call;     /* counts the calls; its number tells the thread that one is another */
  int running;       /* is one under way? */
  double limit;      /* of it, in ticks */
  end_reason reason; /* why it was ended */
} imr_call_limit;

/* ---------------------------------------------------------------- which socket */

static int is_stream(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static int is_connected(int fd) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
}

static int was_there(const imr_call_limit *limit, int fd) {
  return limit->before[fd / CHAR_BIT] >> fd % CHAR_BIT & 1;
}

static void note_sockets(imr_call_limit *limit) {
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (is_stream(fd)) limit->before[fd / CHAR_BIT] |= (unsigned char)(1 << fd % CHAR_BIT);
}

/* While a connection is being made: any of the library's. */
static void shut_new_sockets(const imr_call_limit *limit) {
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (!was_there(limit, fd) && is_stream(fd)) shutdown(fd, SHUT_RDWR);
}

/* The one connection that is there since then; -1 where there is none or more than one. */
static int find_socket(const imr_call_limit *limit) {
  int found = -1;
  for (int fd = 0; fd < DESCRIPTORS; fd++) {
    if (was_there(limit, fd) || !is_stream(fd) || !is_connected(fd)) continue;
    if (found >= 0) return -1;
    found = fd;
  }
  return found;
}

/* ---------------------------------------------------------------- the thread */

static void wait_tick(imr_call_limit *limit) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  int64_t nanoseconds = moment.tv_nsec + TICK;
  moment.tv_sec += (time_t)(nanoseconds / 1000000000);
  moment.tv_nsec = (long)(nanoseconds % 1000000000);
  pthread_cond_timedwait(&limit->changed, &limit->mutex, &moment);
}

static void wait_for_call(imr_call_limit *limit) {
  limit->asleep = 1;
  while (!limit->running && !limit->closing) pthread_cond_wait(&limit->changed, &limit->mutex);
  limit->asleep = 0;
}

/* A library whose attempt to connect has failed may try its next address: so it is told at each tick. */
static void end_call(imr_call_limit *limit, end_reason reason) {
  if (limit->fd < 0)
    shut_new_sockets(limit);
  else if (!limit->reason)
    shutdown(limit->fd, SHUT_RDWR);
  if (!limit->reason) limit->reason = reason;
}

/* Time is counted in ticks: a process that was stopped (Ctrl-Z) has not waited meanwhile. */
static void *watch(void *argument) {
  imr_call_limit *limit = argument;
  unsigned call = 0;
  int ticks = 0, signalled = 0;
  pthread_mutex_lock(&limit->mutex);
  while (!limit->closing) {
    wait_tick(limit);
    ticks = limit->call == call ? ticks + 1 : 0;
    call = limit->call;
    signalled = imr_signal_caught() ? signalled + 1 : 0;
    if (!limit->running) {
      if (ticks > IDLE) wait_for_call(limit);
    } else if (ticks > limit->limit || signalled > GRACE) {
      end_call(limit, signalled > GRACE ? SIGNALLED : TOO_LONG);
    }
  }
  pthread_mutex_unlock(&limit->mutex);
  return NULL;
}

/* With all signals blocked: they are for the threads of the program. */
static int start_thread(imr_call_limit *limit) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&limit->thread, NULL, watch, limit);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  limit->started = !error;
  return error;
}

/* ---------------------------------------------------------------- the object */

static void make_lock(imr_call_limit *limit) {
  pthread_condattr_t monotonic;
  pthread_mutex_init(&limit->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&limit->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

static int push_problem(lua_State *L, const char *problem) {
  lua_pushnil(L);
  lua_pushstring(L, problem);
  return 2;
}

/*** Notes which sockets there are, so that the one that a library opens next can be told from them.
@function call_limit
@treturn limit|nil
@treturn string|nil what is wrong */
static int call_limit(lua_State *L) {
  imr_call_limit *limit = lua_newuserdata(L, sizeof *limit);
  memset(limit, 0, sizeof *limit);
  limit->fd = -1;
  limit->owner = getpid();
  make_lock(limit);
  luaL_setmetatable(L, LIMIT_TYPE);
  note_sockets(limit);
  int error = start_thread(limit);
  return error ? push_problem(L, strerror(error)) : 1;
}

/*** Finds the connection that was made since, for the calls that follow. Between two calls.
@function limit:attach
@treturn true|nil
@treturn string|nil what is wrong */
static int limit_attach(lua_State *L) {
  imr_call_limit *limit = luaL_checkudata(L, 1, LIMIT_TYPE);
  luaL_argcheck(L, limit->fd < 0, 1, "it has a connection already");
  int fd = find_socket(limit);
  if (fd < 0) return push_problem(L, "it cannot be told which socket is the connection's");
  fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (fd < 0) return push_problem(L, strerror(errno));
  pthread_mutex_lock(&limit->mutex);
  limit->fd = fd;
  pthread_mutex_unlock(&limit->mutex);
  lua_pushboolean(L, 1);
  return 1;
}

/*** A call begins.
@function limit:begin
@tparam number seconds that it may last */
static int limit_begin(lua_State *L) {
  imr_call_limit *limit = luaL_checkudata(L, 1, LIMIT_TYPE);
  double seconds = luaL_checknumber(L, 2);
  if (!limit->started || limit->owner != getpid()) return 0; /* a fork's child has no such thread */
  pthread_mutex_lock(&limit->mutex);
  limit->call++;
  limit->running = 1;
  limit->limit = seconds * TICKS_A_SECOND;
  int asleep = limit->asleep;
  pthread_mutex_unlock(&limit->mutex);
  if (asleep) pthread_cond_signal(&limit->changed);
  return 0;
}

/*** The call has returned.
@function limit:done
@treturn string|nil "limit" or "signal": why its connection was shut down, in this call or an earlier one */
static int limit_done(lua_State *L) {
  static const char *const reasons[] = {NULL, "limit", "signal"};
  imr_call_limit *limit = luaL_checkudata(L, 1, LIMIT_TYPE);
  if (!limit->started || limit->owner != getpid()) return 0;
  pthread_mutex_lock(&limit->mutex);
  limit->call++;
  limit->running = 0;
  end_reason reason = limit->reason;
  pthread_mutex_unlock(&limit->mutex);
  if (!reason) return 0;
  lua_pushstring(L, reasons[reason]);
  return 1;
}

static void end_thread(imr_call_limit *limit) {
  if (!limit->started || limit->owner != getpid()) return;
  pthread_mutex_lock(&limit->mutex);
  limit->closing = 1;
  pthread_mutex_unlock(&limit->mutex);
  pthread_cond_signal(&limit->changed);
  pthread_join(limit->thread, NULL);
  limit->started = 0;
}

/*** Ends the thread; the connection stays as it is. Twice is fine.
@function limit:close */
static int limit_close(lua_State *L) {
  imr_call_limit *limit = luaL_checkudata(L, 1, LIMIT_TYPE);
  end_thread(limit);
  if (limit->fd >= 0) close(limit->fd);
  limit->fd = -1;
  return 0;
}

static const luaL_Reg methods[] = {
    {"attach", limit_attach}, {"begin", limit_begin}, {"done", limit_done},
    {"close", limit_close},   {NULL, NULL},
};

void imr_open_call_limit(lua_State *L) {
  imr_new_class(L, LIMIT_TYPE, methods, limit_close);
  lua_pushcfunction(L, call_limit);
  lua_setfield(L, -2, "call_limit");
}
