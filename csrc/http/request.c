/* From the request table to a set up handle. Wrong types are the caller's mistake and raise. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): stpcpy */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

#define DEFAULT_TIMEOUT         30.0
#define DEFAULT_CONNECT_TIMEOUT 10.0
#define DEFAULT_MAX_BODY        (64.0 * 1024 * 1024)
#define LONGEST_TIMEOUT         1e6
#define DEFAULT_KEEPALIVE       60.0
#define NO_CONTINUE             1024 /* a larger body must not wait for "100 Continue" */

/* The string at `index`, which C code will read up to the first zero byte. */
static const char *whole_text(lua_State *L, int index, const char *name) {
  size_t length = 0;
  const char *text = lua_tolstring(L, index, &length);
  if (strlen(text) != length) luaL_error(L, "%s has a zero byte", name);
  return text;
}

/* The text of a field, or NULL when there is none. It lives as long as the request table does. */
static const char *text_field(lua_State *L, int index, const char *name) {
  const char *text = NULL;
  lua_getfield(L, index, name);
  if (lua_type(L, -1) == LUA_TSTRING) {
    text = whole_text(L, -1, name);
  } else if (!lua_isnil(L, -1)) {
    luaL_error(L, "%s must be a string, not a %s", name, luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  return text;
}

static double number_field(lua_State *L, int index, const char *name, double missing) {
  double value = missing;
  lua_getfield(L, index, name);
  if (lua_type(L, -1) == LUA_TNUMBER) {
    value = lua_tonumber(L, -1);
  } else if (!lua_isnil(L, -1)) {
    luaL_error(L, "%s must be a number, not a %s", name, luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  if (!(value >= 0)) luaL_error(L, "%s must not be negative", name);
  return value;
}

static int flag_field(lua_State *L, int index, const char *name) {
  int value;
  lua_getfield(L, index, name);
  value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* 0 would mean "never" to libcurl. */
static long milliseconds(double seconds) {
  if (seconds > LONGEST_TIMEOUT) seconds = LONGEST_TIMEOUT;
  return seconds < 0.001 ? 1 : (long)(seconds * 1000 + 0.999);
}

static int name_is_clean(const char *name) { return name[0] && !strpbrk(name, ":;\r\n"); }

static const char *append_line(struct curl_slist **headers, const char *line) {
  struct curl_slist *longer = curl_slist_append(*headers, line);
  if (!longer) return "not enough memory for the headers";
  *headers = longer;
  return NULL;
}

/* "Name;" is how libcurl takes an empty value. */
static const char *append_pair(struct curl_slist **headers, const char *name, const char *value) {
  char usual[200];
  size_t size = strlen(name) + strlen(value) + 3;
  char *line = size <= sizeof usual ? usual : malloc(size);
  const char *problem = "not enough memory for the headers";
  if (!line) return problem;
  stpcpy(stpcpy(stpcpy(line, name), value[0] ? ": " : ";"), value);
  problem = append_line(headers, line);
  if (line != usual) free(line);
  return problem;
}

/* The name is at -2 and the value at -1. */
static const char *append_header(lua_State *L, struct curl_slist **headers) {
  const char *name, *value;
  if (lua_type(L, -2) != LUA_TSTRING || !lua_isstring(L, -1)) luaL_error(L, "headers must be strings");
  name = whole_text(L, -2, "a header's name");
  value = whole_text(L, -1, name);
  if (!name_is_clean(name)) luaL_error(L, "a header's name must be a word");
  if (strpbrk(value, "\r\n")) luaL_error(L, "header %s has a line break", name);
  return append_pair(headers, name, value);
}

static const char *read_headers(lua_State *L, int index, imr_request *request) {
  struct curl_slist **headers = &request->headers;
  const char *problem = NULL;
  if (request->length > NO_CONTINUE) problem = append_line(headers, "Expect:");
  lua_getfield(L, index, "headers");
  if (lua_istable(L, -1)) {
    for (lua_pushnil(L); !problem && lua_next(L, -2); lua_pop(L, 1)) problem = append_header(L, headers);
    if (problem) return problem;
  } else if (!lua_isnil(L, -1)) {
    luaL_error(L, "headers must be a table, not a %s", luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  return problem;
}

/* "URL's host:its port:host:port"; an empty one stands for any. */
static const char *read_route(lua_State *L, int index, imr_request *request) {
  const char *route = text_field(L, index, "connect_to");
  return route ? append_line(&request->route, route) : NULL;
}

static const char *read_body(lua_State *L, int index, imr_request *request) {
  const char *problem = NULL;
  lua_getfield(L, index, "body");
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char *body = lua_tolstring(L, -1, &request->length);
    request->body = malloc(request->length + 1);
    if (request->body) memcpy(request->body, body, request->length);
    if (!request->body) problem = "not enough memory for the body";
  } else if (!lua_isnil(L, -1)) {
    luaL_error(L, "body must be a string, not a %s", luaL_typename(L, -1));
  }
  lua_pop(L, 1);
  return problem;
}

static const char *read_address(lua_State *L, int index, imr_known_url *known, imr_request *request) {
  const char *url = text_field(L, index, "url");
  const char *proxy = text_field(L, index, "proxy");
  const char *problem;
  if (!url) luaL_error(L, "url is missing");
  problem = imr_address_check(known, url);
  if (problem) return problem;
  if (proxy && proxy[0]) {
    problem = imr_address_of_proxy(proxy, &request->proxy);
    request->tunnel = known->secure;
    request->hidden = known->secure && strncasecmp(proxy, "https:", 6) == 0;
  }
  request->secure = known->secure;
  request->tls = known->secure || request->proxy;
  return problem;
}

static const char *read_method(lua_State *L, int index) {
  const char *method = text_field(L, index, "method");
  if (!method) return "POST";
  if (strcmp(method, "POST") != 0 && strcmp(method, "GET") != 0) luaL_error(L, "method must be POST or GET");
  return method;
}

static CURLcode set_method(CURL *easy, const char *method, curl_off_t length) {
  CURLcode code;
  if (strcmp(method, "GET") == 0) return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
  return code ? code : curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, length);
}

static CURLcode set_addresses(lua_State *L, int index, CURL *easy) {
  const char *proxy = text_field(L, index, "proxy");
  CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, text_field(L, index, "url"));
  /* "" also keeps libcurl from taking one out of the environment, or what is to go past it. */
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
  if (!code) code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  if (!code) code = curl_easy_setopt(easy, CURLOPT_USERAGENT, text_field(L, index, "user_agent"));
  return code;
}

/* Certificates are looked at once, at the handle's making: it is not used again. */
static CURLcode set_tls(lua_State *L, int index, CURL *easy) {
  CURLcode code = imr_options_set_trust(easy, text_field(L, index, "ca_file"));
  if (code) return code;
  return imr_options_set_identity(easy, text_field(L, index, "cert_file"), text_field(L, index, "key_file"),
                                  text_field(L, index, "tls_min"));
}

/* An idle connection older than that is not used again. */
static CURLcode set_age(lua_State *L, int index, CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x074100
  double seconds = number_field(L, index, "keepalive_timeout", DEFAULT_KEEPALIVE);
  return curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)(seconds < 1 ? 1 : seconds));
#else
  return CURLE_OK;
#endif
}

static CURLcode set_times(lua_State *L, int index, imr_transfer *transfer) {
  CURL *easy = transfer->easy;
  double total = number_field(L, index, "timeout", DEFAULT_TIMEOUT);
  double connect = number_field(L, index, "connect_timeout", DEFAULT_CONNECT_TIMEOUT);
  double leave = number_field(L, index, "leave_within", LONGEST_TIMEOUT);
  CURLcode code;
  if (leave < LONGEST_TIMEOUT) imr_leave_set(&transfer->request, leave);
  if (leave < connect) connect = leave;
  code = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(total));
  return code ? code : curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connect));
}

/* A request without a body has nothing to rewind, which is what keeps an old libcurl from repeating it: it
   gets a new connection, where libcurl never repeats. Where we cannot look into a kept connection, all do. */
static CURLcode set_reuse(lua_State *L, int index, imr_transfer *transfer) {
  int command = flag_field(L, index, "command");
  imr_request *request = &transfer->request;
  request->fresh = command || request->length == 0 || !IMR_ONCE_LOOKS;
  return imr_options_set_connection(transfer->easy, request->fresh, !command);
}

static CURLcode set_all(lua_State *L, int index, imr_transfer *transfer) {
  CURL *easy = transfer->easy;
  CURLcode code = CURLE_OK;
  if (transfer->request.tls) code = set_tls(L, index, easy);
  if (!code) code = imr_options_set_callbacks(transfer);
  if (!code) code = set_method(easy, read_method(L, index), (curl_off_t)transfer->request.length);
  if (!code) code = set_addresses(L, index, easy);
  if (!code) code = set_times(L, index, transfer);
  if (!code) code = set_age(L, index, easy);
  if (!code) code = set_reuse(L, index, transfer);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->request.headers);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_CONNECT_TO, transfer->request.route);
  return code;
}

const char *imr_request_read(lua_State *L, int index, imr_known_url *known, imr_transfer *transfer) {
  double max_body = number_field(L, index, "max_body", DEFAULT_MAX_BODY);
  const char *problem = read_address(L, index, known, &transfer->request);
  if (!problem) problem = read_body(L, index, &transfer->request);
  if (strcmp(read_method(L, index), "GET") == 0) transfer->request.length = 0; /* it has none */
  if (!problem) problem = read_headers(L, index, &transfer->request);
  if (!problem) problem = read_route(L, index, &transfer->request);
  imr_answer_init(&transfer->answer, max_body < (double)(SIZE_MAX / 4) ? (size_t)max_body : SIZE_MAX / 4);
  return problem;
}

const char *imr_request_set_up(lua_State *L, int index, imr_transfer *transfer) {
  CURLcode code = set_all(L, index, transfer);
  return code ? lua_pushfstring(L, "libcurl does not take the request: %s", curl_easy_strerror(code)) : NULL;
}

void imr_request_free(imr_request *request) {
  curl_slist_free_all(request->headers);
  curl_slist_free_all(request->route);
  free(request->body);
  free(request->proxy);
  request->headers = NULL;
  request->route = NULL;
  request->body = NULL;
  request->proxy = NULL;
}
