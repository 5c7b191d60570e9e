/* Decimal numbers as text, exactly. The decimal point of the process's locale plays no part. */
#ifndef IMR_NUMBER_H
#define IMR_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where floats stop holding every integer: 2^53. */
#define IMR_MAX_INTEGER INT64_C(9007199254740992)

/* digits * 10^exponent. `exact` is false when there were more digits than fit; `text` still has them all. */
typedef struct {
  const char *text;
  size_t length;
  uint64_t digits;
  int64_t exponent;
  bool negative;
  bool exact;
} imr_decimal;

/* Takes [+-]digits[.digits][exponent], leading zeros and all. */
bool imr_decimal_read(imr_decimal *decimal, const char *text, size_t length);

/* The nearest double; false when it would be infinite. */
bool imr_decimal_to_double(const imr_decimal *decimal, double *out);

/* False when it is not integral ("2.0" is) or beyond IMR_MAX_INTEGER. */
bool imr_decimal_to_integer(const imr_decimal *decimal, int64_t *out);

/* The nearest double of a text; false when the text is no number, or the double would be infinite. */
bool imr_number_read(const char *text, size_t length, double *out);

/* Takes [digits][.digits] from the beginning of a text, up to 15 digits, and gives the number of bytes. 0
 * leaves the text, whatever it is, to imr_number_read. */
size_t imr_number_take(const char *text, const char *end, double *out);

bool imr_number_valid(const char *text, size_t length);

#endif
