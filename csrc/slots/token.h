/* Token life: two hours from its login (platform document §4.1); its own text is never trusted. */
#ifndef IMR_TOKEN_H
#define IMR_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define IMR_TOKEN_LIFE 7200.0
#define IMR_TOKEN_RENEW                                                                                      \
  120.0 /* renewed this long before its end, so that no call starts with a dying one                         \
         */

int imr_token_fresh(double obtained, double now);
uint64_t imr_token_fingerprint(uint64_t hash, const char *bytes, size_t length);

#endif
