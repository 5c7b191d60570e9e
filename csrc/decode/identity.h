/* What tells a row of a listing from others. */
#ifndef IMR_IDENTITY_H
#define IMR_IDENTITY_H

#include "decode/record.h"

/* Of the row just read, which began at `start`. */
uint64_t imr_rows_identity(const imr_rows *rows, const char *start);

#endif
