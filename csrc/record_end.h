/* What a record gets when all its members have been read. */
#ifndef IMR_RECORD_END_H
#define IMR_RECORD_END_H

#include "record.h"

/* The record is in its builder's slot. */
void imr_record_end(imr_rows *rows);

#endif
