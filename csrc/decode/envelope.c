#include "decode/envelope.h"
#include "decode/identity.h"
#include "decode/value.h"
#include "json/number.h"

#include <string.h>

#define SUCCESS  200
#define MAX_ROOM 1024 /* rows: a page has 1000 */
#define ROW_SIZE 96   /* less than most have, for the room only: too much of it costs less than too little */

typedef imr_envelope answer;

static imr_envelope_step step_of(bool fine) { return fine ? IMR_ENVELOPE_DONE : IMR_ENVELOPE_BAD; }

static bool refuse(answer *a, const char *at, const char *why) {
  a->refused = true;
  lua_pushfstring(a->L, "%s (byte %d)", why, (int)(at - a->body) + 1);
  return false;
}

/* "data is a number, not records" */
static bool refuse_kind(answer *a, const imr_json_value *value, const char *what, const char *wanted) {
  const char *kind = imr_json_kind_name(value->kind);
  return refuse(a, value->at, lua_pushfstring(a->L, "%s is %s, not %s", what, kind, wanted));
}

/* However it is written: two codes must not pass for one because the other has an escape in its key. */
static bool is_key(const imr_json_value *key, const char *name) {
  char buffer[64]; /* more than the longest key, all escaped */
  const char *at = key->at;
  size_t length = key->length;
  if ((key->flags & IMR_JSON_NOT_UTF8) != 0 || length > sizeof buffer) return false;
  if ((key->flags & IMR_JSON_ESCAPED) != 0) {
    length = imr_json_unescape(key, buffer);
    at = buffer;
  }
  return length == strlen(name) && memcmp(at, name, length) == 0;
}

static bool is_hollow(const imr_json_value *value) {
  imr_json json;
  imr_json_value key;
  imr_json_init_value(&json, value);
  if (!imr_json_read(&json, &key)) return false;
  imr_json_step step = value->kind == IMR_JSON_LIST ? imr_json_item(&json) : imr_json_enter_member(&json);
  return step == IMR_JSON_CLOSED;
}

static const char *form_of(const imr_json_value *value) {
  switch (value->kind) {
  case IMR_JSON_NULL: return "empty";
  case IMR_JSON_STRING: return value->length == 0 ? "empty" : "text";
  case IMR_JSON_LIST: return is_hollow(value) ? "empty" : "list";
  case IMR_JSON_OBJECT: return is_hollow(value) ? "empty" : "object";
  default: return "text";
  }
}

static void begin_slice(answer *a, size_t bytes) {
  size_t left = (size_t)(a->json.end - a->json.at);
  a->slice = bytes;
  a->until = bytes == 0 || bytes >= left ? a->json.end : a->json.at + bytes;
}

/* Rows */

static void make_ids(answer *a, int room) {
  uint64_t *ids = lua_newuserdata(a->L, (size_t)room * sizeof *ids);
  if (a->row_count > 0) memcpy(ids, a->ids, (size_t)a->row_count * sizeof *ids);
  a->ids = ids;
  a->id_room = room;
  lua_replace(a->L, a->list + 1);
}

/* With room for about as many rows as the body may have. */
static void make_lists(answer *a) {
  size_t room = (size_t)(a->json.end - a->json.at) / ROW_SIZE;
  if (room > MAX_ROOM) room = MAX_ROOM;
  lua_createtable(a->L, (int)room, 0);
  lua_replace(a->L, a->list);
  make_ids(a, (int)room + 1);
}

/* Takes the record at the top into the lists. */
static void add_row(answer *a, const char *start) {
  a->form = a->single ? "object" : "list";
  if (a->row_count == a->id_room) make_ids(a, 2 * a->id_room);
  a->ids[a->row_count++] = imr_rows_identity(&a->rows, start);
  lua_rawseti(a->L, a->list, a->row_count);
}

/* Behind the opening brace, which is at `start`. */
static bool read_row(answer *a, const char *start) {
  if (!imr_rows_read(&a->rows)) return false;
  if (a->single && a->rows.members == 0)
    lua_pop(a->L, 1);
  else
    add_row(a, start);
  return true;
}

/* An item of the list that does not come as most do. */
static bool read_item(answer *a) {
  imr_json_value row;
  if (!imr_json_read(&a->json, &row)) return false;
  if (row.kind != IMR_JSON_OBJECT)
    return refuse_kind(a, &row, lua_pushfstring(a->L, "data[%d]", a->row_count + 1), "a record");
  return read_row(a, row.at);
}

/* Reads on in the list of rows. */
static imr_envelope_step read_on_rows(answer *a) {
  for (;;) {
    if (a->json.at >= a->until && a->until < a->json.end) return IMR_ENVELOPE_PAUSED;
    if (imr_json_next_object(&a->json)) {
      if (!read_row(a, a->json.at - 1)) return IMR_ENVELOPE_BAD;
      continue;
    }
    imr_json_step step = imr_json_item(&a->json);
    if (step == IMR_JSON_BROKEN) return IMR_ENVELOPE_BAD;
    a->in_rows = step == IMR_JSON_MORE;
    if (!a->in_rows) return IMR_ENVELOPE_DONE;
    if (!read_item(a)) return IMR_ENVELOPE_BAD;
  }
}

static imr_envelope_step read_rows(answer *a) {
  imr_json_value data;
  make_lists(a);
  if (!imr_json_read(&a->json, &data)) return IMR_ENVELOPE_BAD;
  a->has_rows = true;
  a->form = "empty";
  if (data.kind == IMR_JSON_NULL || (data.kind == IMR_JSON_STRING && data.length == 0))
    return IMR_ENVELOPE_DONE;
  a->single = data.kind == IMR_JSON_OBJECT;
  a->in_rows = data.kind == IMR_JSON_LIST;
  if (a->single) return step_of(read_row(a, data.at));
  return a->in_rows ? read_on_rows(a) : step_of(refuse_kind(a, &data, "data", "records"));
}

/* Envelope */

static bool read_integer(const imr_json_value *value, int64_t *number) {
  imr_decimal decimal;
  if (value->kind != IMR_JSON_NUMBER && value->kind != IMR_JSON_STRING) return false;
  return imr_decimal_read(&decimal, value->at, value->length) && imr_decimal_to_integer(&decimal, number);
}

/* The platform's codes are digits, in quotes or not; 200.0 is what some encoders make of 200. What is written
 * in any other way was not written by it. */
static bool read_code(const imr_json_value *value, int64_t *code) {
  const char *first = value->at + (value->length > 0 && *value->at == '-');
  if (!read_integer(value, code)) return false;
  if (*first == '+' || (*first == '0' && first + 1 < value->at + value->length)) return false;
  return memchr(value->at, 'e', value->length) == NULL && memchr(value->at, 'E', value->length) == NULL;
}

static bool take_code(answer *a) {
  const imr_json_value *value = &a->code_text;
  int64_t code;
  if (value->kind == IMR_JSON_NULL || (value->kind == IMR_JSON_STRING && value->length == 0)) return true;
  if (!read_code(value, &code)) return refuse(a, value->at, "the answer's code is not a number");
  if (a->has_code && code != a->code) return refuse(a, value->at, "the answer has two codes");
  a->has_code = true;
  a->code = code;
  return true;
}

/* Rows are decoded on the spot if the code has come. Else they are when it has: before, nobody knows whether
 * they count. */
static imr_envelope_step read_data(answer *a) {
  if (a->has_data) return step_of(refuse(a, a->json.at, "the answer has data twice"));
  a->has_data = true;
  if (a->has_code && a->code == SUCCESS && a->type != NULL) return read_rows(a);
  if (!imr_json_skip(&a->json, &a->data)) return IMR_ENVELOPE_BAD;
  a->form = form_of(&a->data);
  return IMR_ENVELOPE_DONE;
}

static imr_envelope_step read_entry(answer *a) {
  imr_json_value key;
  if (!imr_json_key(&a->json, &key)) return IMR_ENVELOPE_BAD;
  if (is_key(&key, "data")) return read_data(a);
  bool is_code = is_key(&key, "code");
  imr_json_value other = {.flags = 0};
  imr_json_value *value = is_code ? &a->code_text : &other;
  if (is_key(&key, "msg")) value = &a->message;
  if (is_key(&key, "totalCount")) value = &a->total;
  return step_of(imr_json_skip(&a->json, value) && (!is_code || take_code(a)));
}

static bool enter_envelope(answer *a) {
  imr_json_value value;
  if (a->entered) return true;
  a->entered = true;
  if (!imr_json_read(&a->json, &value)) return false;
  return value.kind == IMR_JSON_OBJECT || refuse_kind(a, &value, "the answer", "an object");
}

static bool leave_envelope(answer *a) {
  a->closed = true;
  if (!imr_json_finish(&a->json)) return false;
  return a->has_code || refuse(a, a->json.at, "the answer has no code");
}

static imr_envelope_step read_envelope(answer *a) {
  if (!enter_envelope(a)) return IMR_ENVELOPE_BAD;
  for (;;) {
    imr_json_step member = imr_json_enter_member(&a->json);
    if (member == IMR_JSON_CLOSED) return step_of(leave_envelope(a));
    if (member == IMR_JSON_BROKEN) return IMR_ENVELOPE_BAD;
    imr_envelope_step step = read_entry(a);
    if (step != IMR_ENVELOPE_DONE) return step;
  }
}

static bool decode_token(answer *a) {
  const imr_json_value *data = &a->data;
  if (strcmp(a->form, "text") != 0)
    return strcmp(a->form, "empty") == 0 || refuse_kind(a, data, "data", "a token");
  if (data->kind != IMR_JSON_STRING) return refuse_kind(a, data, "data", "a token");
  if ((data->flags & IMR_JSON_NOT_UTF8) != 0) return refuse(a, data->at, "data is not valid UTF-8");
  imr_push_text(a->L, data);
  lua_setfield(a->L, a->table, "token");
  return true;
}

/* What the envelope left to do: data that came before the code, or none at all. */
static imr_envelope_step decode_data(answer *a) {
  if (a->code != SUCCESS) return IMR_ENVELOPE_DONE;
  if (a->token && a->has_data) return step_of(decode_token(a));
  if (a->type == NULL || a->has_rows) return IMR_ENVELOPE_DONE;
  if (!a->has_data) {
    make_lists(a);
    return IMR_ENVELOPE_DONE;
  }
  imr_json_init_value(&a->json, &a->data);
  a->json.start = a->body;
  begin_slice(a, a->slice);
  return read_rows(a);
}

/* Always valid UTF-8, whatever `msg` is. */
static void push_message(lua_State *L, imr_json_value message) {
  if (message.kind == IMR_JSON_NULL) {
    lua_pushliteral(L, "");
  } else if (message.kind == IMR_JSON_STRING || (message.flags & IMR_JSON_NOT_UTF8) != 0) {
    imr_push_text(L, &message);
  } else {
    lua_pushlstring(L, message.at, message.length);
  }
}

static void set_lists(answer *a) {
  if (a->code != SUCCESS || lua_isnil(a->L, a->list)) return;
  lua_pushboolean(a->L, a->row_count > 0 && !imr_keys_fit(&a->rows.keys, a->type, a->single));
  lua_setfield(a->L, a->table, "misfit");
  lua_pushvalue(a->L, a->list);
  lua_setfield(a->L, a->table, "rows");
  lua_pushlstring(a->L, (const char *)a->ids, (size_t)a->row_count * sizeof *a->ids);
  lua_setfield(a->L, a->table, "ids");
}

static void set_facts(answer *a) {
  lua_State *L = a->L;
  int64_t total;
  imr_push_integer(L, a->code);
  lua_setfield(L, a->table, "code");
  push_message(L, a->message);
  lua_setfield(L, a->table, "message");
  lua_pushstring(L, a->form);
  lua_setfield(L, a->table, "form");
  if (!read_integer(&a->total, &total) || total < 0) return;
  imr_push_integer(L, total);
  lua_setfield(L, a->table, "total");
}

static imr_envelope_step read_on(answer *a) {
  imr_envelope_step step = IMR_ENVELOPE_DONE;
  if (a->in_rows) step = read_on_rows(a);
  if (step == IMR_ENVELOPE_DONE && !a->closed) step = read_envelope(a);
  if (step == IMR_ENVELOPE_DONE) step = decode_data(a);
  return step;
}

imr_envelope_step imr_envelope_read(imr_envelope *a, lua_State *L, size_t bytes) {
  a->L = a->rows.L = L;
  begin_slice(a, bytes);
  imr_envelope_step step = read_on(a);
  if (step == IMR_ENVELOPE_DONE) {
    set_lists(a);
    set_facts(a);
    lua_pushvalue(L, a->table);
  } else if (step == IMR_ENVELOPE_BAD && !a->refused) {
    imr_push_problem(L, &a->json);
  }
  a->L = a->rows.L = NULL;
  return step;
}

void imr_envelope_open(imr_envelope *a, lua_State *L, int prepared, const char *body, size_t length) {
  a->body = body;
  a->form = "absent";
  imr_json_init(&a->json, body, length);
  lua_createtable(L, 0, 6);
  a->table = lua_gettop(L);
  a->list = a->table + 1;
  lua_settop(L, a->table + 2);
  a->rows.L = L;
  a->rows.json = &a->json;
  a->rows.type = a->type;
  if (a->type != NULL) imr_rows_open(&a->rows, prepared);
}
