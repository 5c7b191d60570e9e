/* Signals that end a program, caught so that it can tidy up first. For programs only: a library leaves them
 * alone. */
#ifndef IMR_SIGNALS_H
#define IMR_SIGNALS_H

/* From here on they are noted instead of ending the process, and a closed pipe is an error of the write. */
void imr_catch_signals(void);

/* The first one caught, or 0. */
int imr_signal_caught(void);

#endif
