#include "base/calendar.h"
#include "base/bytes.h"

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

/* What a text says, right or wrong. */
typedef struct {
  int year, month, day, hour, minute, second;
} parts;

/* Eight characters, digits where the pattern has zeros and otherwise its own. The numbers of two digits are
 * where the first digit was. `limits` has 0x76 for each digit and 0x7F for the others: that is what brings a
 * byte that is none to its top bit. */
static inline bool read_pattern(const char *at, const char *pattern, uint64_t limits, uint64_t *numbers) {
  uint64_t digits = imr_load_in_order(at) ^ imr_load_in_order(pattern);
  *numbers = digits * 10 + (digits >> 8);
  return ((((digits & IMR_BYTES(0x7F)) + limits) | digits) & IMR_BYTES(0x80)) == 0;
}

static inline int number_at(uint64_t numbers, int place) { return (int)(numbers >> (8 * place) & 0xFF); }

static inline bool read_date(const char *at, parts *date) {
  uint64_t numbers;
  if (!read_pattern(at, "0000-00-", UINT64_C(0x7F76767F76767676), &numbers)) return false;
  date->year = number_at(numbers, 0) * 100 + number_at(numbers, 2);
  date->month = number_at(numbers, 5);
  date->day = read_two(at + 8);
  return date->day >= 0;
}

/* HH:MM:SS */
static inline bool read_time(const char *at, parts *time) {
  uint64_t numbers;
  if (!read_pattern(at, "00:00:00", UINT64_C(0x76767F76767F7676), &numbers)) return false;
  time->hour = number_at(numbers, 0);
  time->minute = number_at(numbers, 3);
  time->second = number_at(numbers, 6);
  return true;
}

static imr_date_result seconds_of(const parts *p, int64_t *seconds) {
  if (p->year == 0 || p->month < 1 || p->month > 12 || p->day < 1) return IMR_DATE_IMPOSSIBLE;
  if (p->day > days_in_month(p->year, p->month)) return IMR_DATE_IMPOSSIBLE;
  if (p->minute > 59 || p->second > 59 || p->hour > 24) return IMR_DATE_IMPOSSIBLE;
  if (p->hour == 24 && p->minute + p->second > 0) return IMR_DATE_IMPOSSIBLE;
  *seconds = days_of(p->year, p->month, p->day) * DAY + p->hour * 3600 + p->minute * 60 + p->second;
  return *seconds > IMR_MAX_SECONDS ? IMR_DATE_IMPOSSIBLE : IMR_DATE_OK; /* 9999-12-31 24:00 */
}

/* `time` is HH:MM:SS. */
static imr_date_result read_both(const char *text, const char *time, int64_t *seconds) {
  parts p;
  char between = text[DATE_LENGTH];
  if (between != ' ' && between != 'T') return IMR_DATE_MALFORMED;
  return read_date(text, &p) && read_time(time, &p) ? seconds_of(&p, seconds) : IMR_DATE_MALFORMED;
}

static imr_date_result read_minutes(const char *text, int64_t *seconds) {
  char time[] = "HH:MM:00";
  memcpy(time, text + DATE_LENGTH + 1, 5);
  return read_both(text, time, seconds);
}

static imr_date_result read_day(const char *text, imr_day_edge edge, int64_t *seconds) {
  parts p = {.hour = 0};
  if (!read_date(text, &p)) return IMR_DATE_MALFORMED;
  imr_date_result result = seconds_of(&p, seconds);
  if (result == IMR_DATE_OK && edge == IMR_DAY_END) *seconds += DAY - 1;
  return result;
}

imr_date_result imr_datetime_read(const char *text, size_t length, int64_t *seconds) {
  if (length != IMR_DATETIME_LENGTH) return IMR_DATE_MALFORMED;
  return read_both(text, text + DATE_LENGTH + 1, seconds);
}

imr_date_result imr_date_read(const char *text, size_t length, imr_day_edge edge, int64_t *seconds) {
  if (length == MINUTE_LENGTH) return read_minutes(text, seconds);
  if (length == DATE_LENGTH) return read_day(text, edge, seconds);
  return imr_datetime_read(text, length, seconds);
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
