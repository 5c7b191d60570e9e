#include "json/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* This many digits always fit 64 bits. */
#define FIT 19
/* No double needs more digits than this to be rounded right, if a digit tells that there were more. */
#define ENOUGH       800
#define MAX_EXPONENT INT64_C(1000000000)

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes a run of digits into the number. What does not fit is left out: zeros do no harm, others make it
 * inexact. */
static const char *read_digits(imr_decimal *decimal, const char *at, const char *end, int64_t *left_out) {
  uint64_t digits = decimal->digits;
  for (; at < end && is_digit(*at) && digits < UINT64_C(1000000000000000000); at++)
    digits = digits * 10 + (uint64_t)(*at - '0');
  decimal->digits = digits;
  const char *rest = at;
  for (; at < end && is_digit(*at); at++)
    if (*at != '0') decimal->exact = false;
  *left_out = at - rest;
  return at;
}

/* At the "e". The place behind the exponent, or NULL. */
static const char *read_exponent(imr_decimal *decimal, const char *at, const char *end) {
  at++;
  bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  if (at == end || !is_digit(*at)) return NULL;
  int64_t exponent = 0;
  for (; at < end && is_digit(*at); at++)
    if (exponent < MAX_EXPONENT) exponent = exponent * 10 + (*at - '0');
  decimal->exponent += negative ? -exponent : exponent;
  return at;
}

bool imr_decimal_read(imr_decimal *decimal, const char *text, size_t length) {
  const char *at = text;
  const char *end = text + length;
  *decimal = (imr_decimal){.text = text, .length = length, .exact = true};
  if (at < end && (*at == '-' || *at == '+')) decimal->negative = *at++ == '-';
  const char *whole = at;
  int64_t left_out = 0;
  at = read_digits(decimal, at, end, &left_out);
  if (at == whole) return false;
  decimal->exponent = left_out;
  if (at < end && *at == '.') {
    const char *fraction = at + 1;
    at = read_digits(decimal, fraction, end, &left_out);
    if (at == fraction) return false;
    decimal->exponent -= (at - fraction) - left_out;
  }
  if (at < end && (*at == 'e' || *at == 'E')) at = read_exponent(decimal, at, end);
  return at == end;
}

/* The C library rounds right, but reads the locale's decimal point: so it gets the digits without a point and
 * a fitting exponent. Digits beyond ENOUGH become a single 1, which is all that rounding has to know of them.
 */
static double slow_double(const imr_decimal *decimal) {
  char buffer[ENOUGH + 32];
  size_t used = 0;
  size_t seen = 0; /* significant digits in the text */
  bool rest = false;
  for (size_t i = 0; i < decimal->length && decimal->text[i] != 'e' && decimal->text[i] != 'E'; i++) {
    char c = decimal->text[i];
    if (!is_digit(c) || (seen == 0 && c == '0')) continue;
    seen++;
    if (used < ENOUGH)
      buffer[used++] = c;
    else if (c != '0')
      rest = true;
  }
  /* The exponent belongs to the first FIT digits, the buffer may hold more of them. */
  int64_t exponent = decimal->exponent + (seen > FIT ? FIT : (int64_t)seen) - (int64_t)used;
  if (rest) {
    buffer[used++] = '1';
    exponent--;
  }
  snprintf(buffer + used, sizeof buffer - used, "e%" PRId64, exponent);
  return strtod(buffer, NULL);
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Both operands are exact and one operation rounds once. */
static bool quick_double(const imr_decimal *decimal, double *out) {
#if FLT_EVAL_METHOD != 0
  return false; /* x87 would round twice */
#endif
  if (!decimal->exact || decimal->digits > (uint64_t)IMR_MAX_INTEGER) return false;
  if (decimal->exponent < -22 || decimal->exponent > 22) return false;
  double digits = (double)decimal->digits;
  *out = decimal->exponent < 0 ? digits / powers[-decimal->exponent] : digits * powers[decimal->exponent];
  return true;
}

bool imr_decimal_to_double(const imr_decimal *decimal, double *out) {
  if (decimal->digits == 0)
    *out = 0.0;
  else if (!quick_double(decimal, out))
    *out = slow_double(decimal);
  if (decimal->negative) *out = -*out;
  return isfinite(*out);
}

bool imr_decimal_to_integer(const imr_decimal *decimal, int64_t *out) {
  uint64_t digits = decimal->digits;
  int64_t exponent = decimal->exponent;
  if (!decimal->exact) return false;
  if (digits == 0) exponent = 0;
  for (; exponent < 0 && digits % 10 == 0; exponent++) digits /= 10;
  for (; exponent > 0 && digits <= (uint64_t)IMR_MAX_INTEGER; exponent--) digits *= 10;
  if (exponent != 0 || digits > (uint64_t)IMR_MAX_INTEGER) return false;
  *out = decimal->negative ? -(int64_t)digits : (int64_t)digits;
  return true;
}

/* Numbers as they usually come: up to 15 digits, with a point between them or without. */

#define SHORT 15

static inline const char *take_digits(const char *at, const char *stop, uint64_t *digits) {
  for (; at < stop && is_digit(*at); at++) *digits = *digits * 10 + (uint64_t)(*at - '0');
  return at;
}

size_t imr_number_take(const char *text, const char *end, double *out) {
  if (FLT_EVAL_METHOD != 0) return 0; /* x87 would round twice */
  const char *stop = end - text > SHORT + 1 ? text + SHORT + 1 : end;
  uint64_t digits = 0;
  size_t places = 0;
  const char *at = take_digits(text, stop, &digits);
  if (at == text) return 0;
  if (at < stop && *at == '.') {
    const char *point = at;
    at = take_digits(point + 1, stop, &digits);
    places = (size_t)(at - point) - 1;
    if (places == 0) return 0;
  } else if (at - text > SHORT) {
    return 0;
  }
  *out = (double)digits / powers[places];
  return (size_t)(at - text);
}

static bool read_usual(const char *text, size_t length, double *out) {
  return length > 0 && imr_number_take(text, text + length, out) == length;
}

bool imr_number_read(const char *text, size_t length, double *out) {
  imr_decimal decimal;
  if (read_usual(text, length, out)) return true;
  return imr_decimal_read(&decimal, text, length) && imr_decimal_to_double(&decimal, out);
}

bool imr_number_valid(const char *text, size_t length) {
  imr_decimal decimal;
  double ignored;
  return read_usual(text, length, &ignored) || imr_decimal_read(&decimal, text, length);
}
