/* UTF-8, as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef IMR_UTF8_H
#define IMR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character at `at` in bytes, 0 when it is none. `at` must be before `end`. */
size_t imr_utf8_length(const char *at, const char *end);

/* Writes 1 to 4 bytes and gives the place behind them. */
char *imr_utf8_write(char *out, uint32_t code);

bool imr_utf8_valid(const char *text, size_t length);

#endif
