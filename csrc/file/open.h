/* Descriptors 0, 1 and 2 are the standard streams', also where a daemon has closed them. */
#ifndef IMR_FILE_OPEN_H
#define IMR_FILE_OPEN_H

#include <sys/types.h>

/* Whatever is opened after this gets a number above 2. Keeps errno. */
void imr_keep_standard_descriptors(void);
/* open(2), closed in a program that this one starts; never 0, 1 or 2. */
int imr_open_file(const char *path, int flags, mode_t mode);

#endif
