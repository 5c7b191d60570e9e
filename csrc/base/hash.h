/* Hashes that spread well. No protection against somebody who looks for collisions. */
#ifndef IMR_HASH_H
#define IMR_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Its values are in files that versions share: they must not change. */
uint64_t imr_hash(const char *text, size_t length, uint64_t seed);

/* Takes half the time. For what stays in memory. */
uint64_t imr_hash_quick(const char *text, size_t length, uint64_t seed);

/* To what every Lua holds exactly, also as a float. */
static inline int64_t imr_hash_to_53_bits(uint64_t hash) { return (int64_t)(hash >> 11); }

#endif
