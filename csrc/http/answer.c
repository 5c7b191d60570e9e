/* What comes in: capped buffers that libcurl's callbacks append to, and their way to Lua. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

#define HEADER_LIMIT  65536
#define LENGTH_DIGITS 15

static int buffer_reserve(imr_buffer *buffer, size_t length) {
  size_t capacity = buffer->capacity ? buffer->capacity : 1024;
  char *data;
  if (length <= buffer->capacity) return 1;
  while (capacity < length) capacity *= 2;
  data = realloc(buffer->data, capacity);
  if (!data) return 0;
  buffer->data = data;
  buffer->capacity = capacity;
  return 1;
}

/* Returns what stopped it, or NULL. */
static const char *buffer_append(imr_buffer *buffer, const char *data, size_t length) {
  if (length > buffer->limit - buffer->length) return "is larger than max_body";
  if (!buffer_reserve(buffer, buffer->length + length + 1)) return "does not fit into memory";
  if (length) memcpy(buffer->data + buffer->length, data, length);
  buffer->length += length;
  buffer->data[buffer->length] = 0; /* as behind a Lua string */
  return NULL;
}

void imr_answer_init(imr_answer *answer, size_t max_body) {
  answer->headers.limit = HEADER_LIMIT;
  answer->body.limit = max_body;
}

void imr_answer_free(imr_answer *answer) {
  free(answer->headers.data);
  free(answer->body.data);
  memset(answer, 0, sizeof *answer);
}

static int is_blank(const char *line, size_t length) {
  return length == 0 || line[0] == '\n' || (length >= 2 && line[0] == '\r' && line[1] == '\n');
}

static int is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The digits up to the end of a line, or below zero. */
static double read_length(const char *text, const char *end) {
  double length = 0;
  while (text < end && is_space(*text)) text++;
  while (end > text && is_space(end[-1])) end--;
  if (text == end || end - text > LENGTH_DIGITS) return -1;
  for (; text < end; text++) {
    if (*text < '0' || *text > '9') return -1;
    length = length * 10 + (*text - '0');
  }
  return length;
}

/* libcurl reads "0x10" as 0, takes the last of several, and the rest for another answer. */
static const char *check_length(imr_answer *answer, const char *line, size_t size) {
  static const char name[] = "content-length:";
  double length;
  if (size < sizeof name - 1 || strncasecmp(line, name, sizeof name - 1) != 0) return NULL;
  length = read_length(line + sizeof name - 1, line + size);
  if (length < 0 || (answer->announced >= 0 && length != answer->announced))
    return "has a length that is no number";
  answer->announced = length;
  return NULL;
}

/* "HTTP/1.1 100 Continue" */
static int is_interim(const char *line, size_t length) {
  const char *space = memchr(line, ' ', length);
  return space && space + 1 < line + length && space[1] == '1';
}

/* One whole line a call. A status line starts over, so an interim response leaves nothing behind. Trailers
   are counted and left out: what the sender says after the body must not replace what it said before. What
   begins while our request is still leaving is no answer to it. */
size_t imr_answer_on_header(char *data, size_t size, size_t count, void *user) {
  const imr_transfer *transfer = user;
  imr_answer *answer = &((imr_transfer *)user)->answer;
  size_t length = size * count;
  answer->header_bytes += length;
  if (answer->header_bytes > HEADER_LIMIT) answer->refused = "has more than 64 KiB of headers";
  if (answer->refused) return 0;
  if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) {
    if (!is_interim(data, length) && !imr_once_has_left(transfer))
      answer->refused = "began before all was asked";
    answer->headers.length = 0;
    answer->headers_done = 0;
    answer->announced = -1;
  } else if (is_blank(data, length)) {
    answer->headers_done = 1;
  } else if (!answer->headers_done) {
    answer->refused = check_length(answer, data, length);
    if (!answer->refused) answer->refused = buffer_append(&answer->headers, data, length);
  }
  return answer->refused ? 0 : length;
}

/* What exceeds the portion libcurl keeps, with the socket unread, until `imr_answer_resume`. */
size_t imr_answer_on_body(char *data, size_t size, size_t count, void *user) {
  imr_answer *answer = user;
  size_t length = size * count;
  if (answer->refused) return 0;
  if (answer->portion == 0) {
    answer->held = 1;
    return CURL_WRITEFUNC_PAUSE;
  }
  answer->refused = buffer_append(&answer->body, data, length);
  answer->portion -= length < answer->portion ? length : answer->portion;
  return answer->refused ? 0 : length;
}

/* What libcurl kept comes in here. It tells us, and nobody later, when that fails. */
void imr_answer_resume(imr_answer *answer, CURL *easy, size_t portion) {
  answer->portion = portion;
  if (!answer->held) return;
  answer->held = 0;
  if (curl_easy_pause(easy, CURLPAUSE_CONT) && !answer->refused) answer->refused = "does not fit into memory";
}

/* In place: the buffer is read once. */
static void push_lower(lua_State *L, char *text, size_t length) {
  for (char *c = text; c < text + length; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
  lua_pushlstring(L, text, length);
}

static void push_trimmed(lua_State *L, const char *text, const char *end) {
  while (text < end && is_space(*text)) text++;
  while (end > text && is_space(end[-1])) end--;
  lua_pushlstring(L, text, (size_t)(end - text));
}

/* Adds one "Name: value" line to the table at the top; a line of another shape is left out. */
static void add_line(lua_State *L, char *line, const char *end) {
  const char *colon = memchr(line, ':', (size_t)(end - line));
  if (!colon || is_space(line[0])) return;
  push_lower(L, line, (size_t)(colon - line));
  push_trimmed(L, colon + 1, end);
  lua_rawset(L, -3);
}

static int count_lines(const imr_buffer *headers) {
  const char *end = headers->data + headers->length;
  int lines = 0;
  for (const char *c = headers->data; (c = memchr(c, '\n', (size_t)(end - c))); c++) lines++;
  return lines;
}

static void push_headers(lua_State *L, const imr_buffer *headers) {
  char *line = headers->data;
  char *end = line + headers->length;
  lua_createtable(L, 0, count_lines(headers));
  while (line < end) {
    char *newline = memchr(line, '\n', (size_t)(end - line));
    char *next = newline ? newline + 1 : end;
    add_line(L, line, next);
    line = next;
  }
}

int imr_answer_push(lua_State *L, imr_answer *answer) {
  lua_pushinteger(L, (lua_Integer)answer->status);
  lua_pushlstring(L, answer->body.data ? answer->body.data : "", answer->body.length);
  if (answer->headers.data) {
    push_headers(L, &answer->headers);
  } else {
    lua_newtable(L);
  }
  return 3;
}
