/* An answer's body as Lua: {code, message, total, form, rows, ids, token}. */
#include "core.h"
#include "number.h"
#include "record.h"
#include "value.h"

#include <string.h>

#define SUCCESS  200
#define MAX_ROOM 1024 /* rows: a page has 1000 */
#define ROW_SIZE 192  /* a guess, for the room only */

typedef struct {
  lua_State *L;
  const char *body;
  imr_json json;
  const imr_endpoint *endpoint;
  imr_rows rows;
  int table;    /* stack slot of the answer */
  bool refused; /* the reason is at the top of the stack; else it is the reader's */
  bool has_code;
  bool has_data;
  bool has_rows; /* data has been decoded already */
  const char *form;
  int64_t code;
  imr_json_value message;
  imr_json_value total;
  imr_json_value data;
} answer;

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

static bool is_key(const imr_json_value *key, const char *name) {
  return key->length == strlen(name) && memcmp(key->at, name, key->length) == 0;
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

/* Rows */

/* Two lists, with room for about as many rows as the body may have. */
static void push_lists(const answer *a) {
  size_t room = (size_t)(a->json.end - a->json.at) / ROW_SIZE;
  if (room > MAX_ROOM) room = MAX_ROOM;
  lua_createtable(a->L, (int)room, 0);
  lua_createtable(a->L, (int)room, 0);
}

/* Takes the record at the top into the lists below it. */
static void add_row(answer *a, int number, const char *start) {
  lua_rawseti(a->L, -3, number);
  imr_push_integer(a->L, imr_rows_identity(&a->rows, start));
  lua_rawseti(a->L, -2, number);
}

static bool read_list(answer *a) {
  for (int number = 1;; number++) {
    imr_json_value row;
    imr_json_step step = imr_json_item(&a->json);
    if (step != IMR_JSON_MORE) return step == IMR_JSON_CLOSED;
    if (!imr_json_read(&a->json, &row)) return false;
    if (row.kind != IMR_JSON_OBJECT)
      return refuse_kind(a, &row, lua_pushfstring(a->L, "data[%d]", number), "a record");
    if (!imr_rows_read(&a->rows)) return false;
    add_row(a, number, row.at);
    a->form = "list";
  }
}

static bool read_single(answer *a, const char *start) {
  if (!imr_rows_read(&a->rows)) return false;
  if (a->rows.members == 0) {
    lua_pop(a->L, 1);
    return true;
  }
  add_row(a, 1, start);
  a->form = "object";
  return true;
}

/* Reads data as records, and leaves them and their identities at the top of the stack. */
static bool read_rows(answer *a) {
  imr_json_value data;
  push_lists(a);
  if (!imr_json_read(&a->json, &data)) return false;
  a->has_rows = true;
  a->form = "empty";
  if (data.kind == IMR_JSON_LIST) return read_list(a);
  if (data.kind == IMR_JSON_OBJECT) return read_single(a, data.at);
  if (data.kind == IMR_JSON_NULL || (data.kind == IMR_JSON_STRING && data.length == 0)) return true;
  return refuse_kind(a, &data, "data", "records");
}

static bool decode_rows(answer *a) {
  if (!read_rows(a)) return false;
  lua_setfield(a->L, a->table, "ids");
  lua_setfield(a->L, a->table, "rows");
  return true;
}

/* Envelope */

static bool read_integer(const imr_json_value *value, int64_t *number) {
  imr_decimal decimal;
  if (value->kind != IMR_JSON_NUMBER && value->kind != IMR_JSON_STRING) return false;
  return imr_decimal_read(&decimal, value->at, value->length) && imr_decimal_to_integer(&decimal, number);
}

static bool read_code(answer *a) {
  imr_json_value value;
  int64_t code;
  if (!imr_json_skip(&a->json, &value)) return false;
  if (value.kind == IMR_JSON_NULL || (value.kind == IMR_JSON_STRING && value.length == 0)) return true;
  if (!read_integer(&value, &code)) return refuse(a, value.at, "the answer's code is not a number");
  if (a->has_code && code != a->code) return refuse(a, value.at, "the answer has two codes");
  a->has_code = true;
  a->code = code;
  return true;
}

/* Rows are decoded on the spot if the code has come. Else they are when it has: before, nobody knows whether
 * they count. */
static bool read_data(answer *a) {
  if (a->has_data) return refuse(a, a->json.at, "the answer has data twice");
  a->has_data = true;
  if (a->has_code && a->code == SUCCESS && (a->endpoint->flags & IMR_LISTING) != 0) return decode_rows(a);
  if (!imr_json_skip(&a->json, &a->data)) return false;
  a->form = form_of(&a->data);
  return true;
}

static bool read_entry(answer *a) {
  imr_json_value key;
  imr_json_value other;
  if (!imr_json_key(&a->json, &key)) return false;
  if (is_key(&key, "data")) return read_data(a);
  if (is_key(&key, "code")) return read_code(a);
  if (is_key(&key, "msg")) return imr_json_skip(&a->json, &a->message);
  if (is_key(&key, "totalCount")) return imr_json_skip(&a->json, &a->total);
  return imr_json_skip(&a->json, &other);
}

static bool read_envelope(answer *a) {
  imr_json_value value;
  if (!imr_json_read(&a->json, &value)) return false;
  if (value.kind != IMR_JSON_OBJECT) return refuse_kind(a, &value, "the answer", "an object");
  for (;;) {
    imr_json_step step = imr_json_enter_member(&a->json);
    if (step == IMR_JSON_CLOSED) break;
    if (step == IMR_JSON_BROKEN || !read_entry(a)) return false;
  }
  if (!imr_json_finish(&a->json)) return false;
  return a->has_code || refuse(a, a->json.at, "the answer has no code");
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
static bool decode_data(answer *a) {
  if (a->code != SUCCESS) return true;
  if ((a->endpoint->flags & IMR_LOGIN) != 0 && a->has_data) return decode_token(a);
  if ((a->endpoint->flags & IMR_LISTING) == 0 || a->has_rows) return true;
  if (a->has_data) {
    imr_json_init_value(&a->json, &a->data);
    a->json.start = a->body;
    return decode_rows(a);
  }
  lua_newtable(a->L);
  lua_setfield(a->L, a->table, "rows");
  lua_newtable(a->L);
  lua_setfield(a->L, a->table, "ids");
  return true;
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

/*** Decodes the body of an answer.
@function decode
@tparam string endpoint name of the endpoint that gave it
@tparam string body
@tparam string decimals "number", or "string" for the server's own digits
@tparam number utc_offset seconds east of UTC of the platform's clock
@treturn[1] table answer code, message, total, form, rows, ids, token
@treturn[2] nil
@treturn[2] string what is wrong, and where */
static int decode_answer(lua_State *L) {
  size_t length;
  answer a = {.L = L, .endpoint = imr_endpoint_named(luaL_checkstring(L, 1)), .form = "absent"};
  if (a.endpoint == NULL) return luaL_argerror(L, 1, "no such endpoint");
  a.body = luaL_checklstring(L, 2, &length);
  a.rows = (imr_rows){.L = L, .json = &a.json, .endpoint = a.endpoint};
  a.rows.style.exact = strcmp(luaL_checkstring(L, 3), "string") == 0;
  a.rows.style.utc_offset = (int64_t)luaL_checknumber(L, 4);
  lua_newtable(L);
  a.table = lua_gettop(L);
  lua_getfield(L, lua_upvalueindex(1), a.endpoint->name);
  imr_rows_open(&a.rows, a.table + 1);
  imr_json_init(&a.json, a.body, length);
  if (read_envelope(&a) && decode_data(&a)) {
    set_facts(&a);
    lua_settop(L, a.table);
    return 1;
  }
  if (!a.refused) imr_push_problem(L, &a.json);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* The names of all fields, by endpoint, so that no call has to make these strings again. */
static void push_names(lua_State *L) {
  lua_newtable(L);
  for (const imr_endpoint *endpoint = imr_endpoints; endpoint->name != NULL; endpoint++) {
    lua_newtable(L);
    for (int i = 0; endpoint->fields[i].name != NULL; i++) {
      lua_pushstring(L, endpoint->fields[i].name);
      lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, endpoint->name);
  }
}

void imr_open_decode(lua_State *L) {
  push_names(L);
  lua_pushcclosure(L, decode_answer, 1);
  lua_setfield(L, -2, "decode");
}
