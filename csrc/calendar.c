#include "calendar.h"

#define DAY           INT64_C(86400)
#define DATE_LENGTH   10
#define MINUTE_LENGTH 16

/* A number of two digits, -1 when another character is among them. */
static inline int read_two(const char *at) {
  unsigned tens = (unsigned char)at[0] - (unsigned)'0';
  unsigned ones = (unsigned char)at[1] - (unsigned)'0';
  return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_in_month(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01. Years are counted from March, so that the leap day is the last one of its year; 400
 * years have 146,097 days. */
static int64_t days_of(int year, int month, int day) {
  int64_t y = month > 2 ? year : year - 1;
  int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static imr_date_result read_date(const char *at, int64_t *days) {
  int century = read_two(at);
  int years = read_two(at + 2);
  int month = read_two(at + 5);
  int day = read_two(at + 8);
  if ((century | years | month | day) < 0 || at[4] != '-' || at[7] != '-') return IMR_DATE_MALFORMED;
  int year = century * 100 + years;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
    return IMR_DATE_IMPOSSIBLE;
  *days = days_of(year, month, day);
  return IMR_DATE_OK;
}

/* HH:MM, and :SS where there is more. */
static imr_date_result read_time(const char *at, bool with_seconds, int64_t *seconds) {
  int hour = read_two(at);
  int minute = read_two(at + 3);
  int second = with_seconds ? read_two(at + 6) : 0;
  if ((hour | minute | second) < 0 || at[2] != ':') return IMR_DATE_MALFORMED;
  if (with_seconds && at[5] != ':') return IMR_DATE_MALFORMED;
  if (minute > 59 || second > 59 || hour > 24 || (hour == 24 && minute + second > 0))
    return IMR_DATE_IMPOSSIBLE;
  *seconds = hour * 3600 + minute * 60 + second;
  return IMR_DATE_OK;
}

static imr_date_result read_both(const char *text, bool with_seconds, int64_t *seconds) {
  int64_t days;
  int64_t time;
  char between = text[DATE_LENGTH];
  if (between != ' ' && between != 'T') return IMR_DATE_MALFORMED;
  imr_date_result result = read_date(text, &days);
  imr_date_result time_result = read_time(text + DATE_LENGTH + 1, with_seconds, &time);
  if (time_result == IMR_DATE_MALFORMED || result == IMR_DATE_OK) result = time_result;
  if (result != IMR_DATE_OK) return result;
  *seconds = days * DAY + time;
  return *seconds > IMR_MAX_SECONDS ? IMR_DATE_IMPOSSIBLE : IMR_DATE_OK; /* 9999-12-31 24:00 */
}

imr_date_result imr_datetime_read(const char *text, size_t length, int64_t *seconds) {
  if (length != IMR_DATETIME_LENGTH) return IMR_DATE_MALFORMED;
  return read_both(text, true, seconds);
}

imr_date_result imr_date_read(const char *text, size_t length, imr_day_edge edge, int64_t *seconds) {
  if (length == MINUTE_LENGTH) return read_both(text, false, seconds);
  if (length != DATE_LENGTH) return imr_datetime_read(text, length, seconds);
  int64_t days;
  imr_date_result result = read_date(text, &days);
  if (result == IMR_DATE_OK) *seconds = days * DAY + (edge == IMR_DAY_END ? DAY - 1 : 0);
  return result;
}

static void write_number(char *out, int count, int64_t number) {
  for (int i = count - 1; i >= 0; i--) {
    out[i] = (char)('0' + number % 10);
    number /= 10;
  }
}

void imr_datetime_write(int64_t seconds, char out[IMR_DATETIME_LENGTH]) {
  static const char form[] = "YYYY-MM-DD HH:MM:SS";
  int64_t time = seconds % DAY < 0 ? seconds % DAY + DAY : seconds % DAY;
  int64_t day = (seconds - time) / DAY;
  /* Years have 365 or 366 days, so this is the right year or a later one, and not much later. */
  int year = (int)(1971 + day / (day < 0 ? 366 : 365));
  while (days_of(year, 1, 1) > day) year--;
  int month = 12;
  while (days_of(year, month, 1) > day) month--;
  for (int i = 0; i < IMR_DATETIME_LENGTH; i++) out[i] = form[i];
  write_number(out, 4, year);
  write_number(out + 5, 2, month);
  write_number(out + 8, 2, day - days_of(year, month, 1) + 1);
  write_number(out + 11, 2, time / 3600);
  write_number(out + 14, 2, time / 60 % 60);
  write_number(out + 17, 2, time % 60);
}
