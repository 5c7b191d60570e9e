/* Names written through to the disk. */
#ifndef IMR_OUTPUT_FILE_H
#define IMR_OUTPUT_FILE_H

/* Writes the name of this file through to the disk, as far as the file system can. */
void imr_sync_directory(const char *path);

#endif
