/* Files and directories that are their owner's alone: pace and token of an account. */
#ifndef IMR_FILE_PRIVATE_H
#define IMR_FILE_PRIVATE_H

#include <sys/stat.h>
#include <sys/types.h>

#define IMR_PROBLEM_SIZE  512
#define IMR_LONGEST_SHOWN 300 /* bytes of a path, so that what is wrong with it can be read */

/* Opens a file that nobody else can read, own or link to; creates it 0600 when `flags` say so.
   Returns -1 with the text of what is wrong in `problem` (empty when the file is just not there). */
int imr_private_open(const char *path, int flags, char *problem);
/* Is what has this status of the type (S_IFREG, S_IFDIR) and the owner's alone? 0, or -1 with a problem. */
int imr_private_check(const struct stat *status, mode_t type, const char *path, char *problem);
void imr_private_problem(char *problem, const char *what, const char *path, int error);

#endif
