/* What libcurl does to the process it lives in, and how we keep the host out of it. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): dladdr */
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "http/http.h"

/* A resolver thread can outlive the Lua state, and it returns into libcurl: neither may be unmapped under it.
   The Makefile links with -z nodelete, but other builds (luarocks) do not. */
void imr_stay_loaded(void) {
  static const char here = 0;
  Dl_info info;
  if (dladdr(&here, &info) && info.dli_fname) (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

static int sigpipe_is_pending(void) {
  sigset_t pending;
  sigemptyset(&pending);
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

/* With CURLOPT_NOSIGNAL a TLS library's write to a dead connection may raise SIGPIPE, which would end the
   process. We block it in this thread alone, and take what came meanwhile; its errors go as well. Without TLS
   libcurl asks for none. */
imr_guard imr_guard_hold(int tls) {
  imr_guard guard = {0};
  sigset_t pipe_only, before;
  if (!tls) return guard;
  guard.marked = imr_tls_mark_errors();
  if (sigpipe_is_pending()) return guard;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  if (pthread_sigmask(SIG_BLOCK, &pipe_only, &before) == 0) guard.held = !sigismember(&before, SIGPIPE);
  return guard;
}

void imr_guard_release(imr_guard guard) {
  static const struct timespec at_once = {0, 0};
  sigset_t pipe_only;
  if (guard.marked) imr_tls_drop_errors();
  if (!guard.held) return;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  if (sigpipe_is_pending()) (void)sigtimedwait(&pipe_only, NULL, &at_once);
  pthread_sigmask(SIG_UNBLOCK, &pipe_only, NULL);
}

/* A page that the kernel clears in a fork's child, however that was made; or NULL. */
static pid_t *fork_cleared_page(void) {
#ifdef MADV_WIPEONFORK
  size_t size = (size_t)sysconf(_SC_PAGESIZE);
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  if (madvise(page, size, MADV_WIPEONFORK) == 0) return page;
  munmap(page, size);
#endif
  return NULL;
}

/* Asked some ten times a request, which is why the answer is kept. */
pid_t imr_process_id(void) {
  static pid_t *kept = NULL;
  static int tried = 0;
  if (!tried) kept = fork_cleared_page();
  tried = 1;
  if (!kept) return getpid();
  if (!*kept) *kept = getpid();
  return *kept;
}

int imr_is_owner(pid_t owner) { return owner == imr_process_id(); }

void imr_check_owner(lua_State *L, pid_t owner, const char *what) {
  if (imr_is_owner(owner)) return;
  luaL_error(L,
             "this %s belongs to process %d and can't be used in process %d after a fork: open a new multi",
             what, (int)owner, (int)imr_process_id());
}
