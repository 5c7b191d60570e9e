/* The schema as Lua tables: for documents, listings and tests. */
#include "core.h"
#include "schema.h"

static void set_string(lua_State *L, const char *key, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_boolean(lua_State *L, const char *key, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

static void push_words(lua_State *L, const imr_word *words) {
  lua_newtable(L);
  for (; words->wire.at != NULL; words++) {
    if (words->name != NULL)
      lua_pushstring(L, words->name);
    else
      lua_pushboolean(L, words->truth);
    lua_setfield(L, -2, words->wire.at);
  }
}

static void push_param(lua_State *L, const imr_param *param) {
  lua_newtable(L);
  set_string(L, "name", param->name);
  set_string(L, "wire", param->wire);
  set_string(L, "type", imr_param_type_name(param->type));
  set_boolean(L, "required", param->required);
  if (param->words == NULL) return;
  push_words(L, param->words);
  lua_setfield(L, -2, "words");
}

static void push_field(lua_State *L, const imr_field *field) {
  lua_newtable(L);
  set_string(L, "name", field->name);
  set_string(L, "type", imr_type_name(field->type));
  lua_newtable(L);
  lua_pushstring(L, field->wire.at);
  lua_rawseti(L, -2, 1);
  if (field->alias.at != NULL) {
    lua_pushstring(L, field->alias.at);
    lua_rawseti(L, -2, 2);
  }
  lua_setfield(L, -2, "wire");
  if (field->words == NULL) return;
  push_words(L, field->words);
  lua_setfield(L, -2, "words");
}

static void push_endpoint(lua_State *L, const imr_endpoint *endpoint) {
  lua_newtable(L);
  set_string(L, "name", endpoint->name);
  set_string(L, "path", endpoint->path);
  set_string(L, "record", endpoint->record);
  set_boolean(L, "listing", (endpoint->flags & IMR_LISTING) != 0);
  set_boolean(L, "command", (endpoint->flags & IMR_COMMAND) != 0);
  lua_newtable(L);
  for (int i = 0; endpoint->params[i].name != NULL; i++) {
    push_param(L, &endpoint->params[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "params");
  lua_newtable(L);
  for (int i = 0; endpoint->fields[i].name != NULL; i++) {
    push_field(L, &endpoint->fields[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "fields");
}

/*** The endpoints with their parameters and fields.
@function schema
@treturn table list of {name, path, record, listing, command, params, fields} */
static int describe_schema(lua_State *L) {
  lua_newtable(L);
  for (int i = 0; imr_endpoints[i].name != NULL; i++) {
    push_endpoint(L, &imr_endpoints[i]);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/*** The meter types that the platform documents.
@function meter_types
@treturn table by number: {kind, name, name_zh} */
static int describe_meter_types(lua_State *L) {
  const imr_meter_type *type;
  lua_newtable(L);
  for (size_t i = 0; (type = imr_meter_type_at(i)) != NULL; i++) {
    lua_newtable(L);
    set_string(L, "kind", type->kind);
    set_string(L, "name", type->name);
    set_string(L, "name_zh", type->name_zh);
    lua_rawseti(L, -2, type->number);
  }
  return 1;
}

void imr_open_describe(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"schema", describe_schema},
      {"meter_types", describe_meter_types},
      {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
