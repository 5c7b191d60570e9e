/* Files that are their owner's alone: pace and token of an account. */
#ifndef IMR_PRIVATE_FILE_H
#define IMR_PRIVATE_FILE_H

#include <stddef.h>

#define IMR_PROBLEM_SIZE 512

/* Opens a file that nobody else can read, own or link to; creates it 0600 when `flags` say so.
   Returns -1 with the text of what is wrong in `problem` (empty when the file is just not there). */
int imr_private_open(const char *path, int flags, char *problem);
/* Writes the name of this file through to the disk, as far as the file system can. */
void imr_sync_directory(const char *path);
void imr_private_problem(char *problem, const char *what, const char *path, int error);

#endif
