/* What a record gets when all its members have been read, and what tells it from others. */
#ifndef IMR_RECORD_END_H
#define IMR_RECORD_END_H

#include "record.h"

/* Before it is made: the fields that follow from others. */
void imr_record_derive(imr_rows *rows);

/* When it is in its builder's slot. */
void imr_record_end(imr_rows *rows);

#endif
