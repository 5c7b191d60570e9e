/* Work on a mapped file that somebody may shorten at any moment. */
#ifndef IMR_MAPPED_H
#define IMR_MAPPED_H

/* Runs `work`, which may touch mapped bytes and nothing else: it allocates nothing, takes no lock and calls
   no Lua. 0, or -1 where a byte was no longer in its file; then the work was broken off there. */
int imr_mapped_access(void (*work)(void *), void *argument);

#endif
