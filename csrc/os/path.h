/* Where a path leads, when nobody else has laid a trap on the way. */
#ifndef IMR_PATH_H
#define IMR_PATH_H

#include <limits.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

#define IMR_PATH_PLANTED (-1)

/* Where links lead to, into PATH_MAX bytes; what does not exist may stand at the end. 0, an errno, or
   IMR_PATH_PLANTED: a link, a file or a pipe on the way lies in a directory that is everybody's (/tmp) and
   belongs neither to us nor to the directory's owner. Whoever put it there would decide what becomes of our
   text. */
int imr_path_resolve(const char *path, char *resolved);

#endif
