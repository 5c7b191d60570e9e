/* Touching a mapped byte that its file has lost raises SIGBUS, which ends the process, and a look at the
   file's size before it comes too early. So a handler leads back to where the work began. Every other SIGBUS
   goes where it went before: to the handler that was there, or it ends the process. */
#define _GNU_SOURCE /* sigaction */
#include "slots/mapped.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static __thread sigjmp_buf *landing; /* of the work that this thread is in */
static struct sigaction previous;
static int is_installed;
static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;

static void on_fault(int number, siginfo_t *info, void *context) {
  if (landing) siglongjmp(*landing, 1);
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(number);
  } else {
    sigaction(SIGBUS, &previous, NULL); /* the instruction runs again, and then it counts */
  }
}

/* SA_NODEFER: the jump leaves the signal as it was, so that no call to restore the mask is needed. */
static void install(void) {
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  pthread_mutex_lock(&installing);
  if (!is_installed) is_installed = sigaction(SIGBUS, &action, &previous) == 0;
  pthread_mutex_unlock(&installing);
}

/* Before this code is unmapped, with the Lua state. */
__attribute__((destructor)) static void uninstall(void) {
  struct sigaction current;
  if (!is_installed || sigaction(SIGBUS, NULL, &current) != 0) return;
  if (current.sa_flags & SA_SIGINFO && current.sa_sigaction == on_fault) sigaction(SIGBUS, &previous, NULL);
}

int imr_mapped_access(void (*work)(void *), void *argument) {
  sigjmp_buf here;
  if (!is_installed) install();
  int failed = sigsetjmp(here, 0) != 0;
  if (!failed) {
    landing = &here;
    work(argument);
  }
  landing = NULL;
  return failed ? -1 : 0;
}
