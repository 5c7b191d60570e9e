/* To be named last in LD_PRELOAD: what is preloaded into this process is for it alone, not for its children. */
#include <stdlib.h>

__attribute__((constructor)) static void forget(void) { unsetenv("LD_PRELOAD"); }
