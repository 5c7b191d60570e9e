/* The multi: all connections of a process, and the transfers on them. */
#include <stdlib.h>
#include <string.h>

#include "base/class.h"
#include "http/http.h"

#define MULTI "imr.curl.multi"

/* CURLMOPT_QUICK_EXIT of libcurl 8.20, which would wait for a hanging resolver when it is closed; an older
   one refuses the number. */
#define QUICK_EXIT ((CURLMoption)21)

/* Idle connections of a process; libcurl would keep four for each request that was ever under way at once. */
#define KEPT_CONNECTIONS 16L

#define PORTION_LEAST 4096
#define PORTION_MOST  (1 << 30)

static imr_multi *check_multi(lua_State *L) {
  imr_multi *multi = luaL_checkudata(L, 1, MULTI);
  imr_check_owner(L, multi->owner, "multi");
  return multi;
}

/*** A new multi. It opens nothing before the first start.
The table in its user value keeps the running transfers, and with them the multi, from being collected.
@function multi
@tparam[opt] integer portion bytes of each body, about, that one perform reads (4,096 or more), for a caller
who has other things to do meanwhile; else all that is there
@treturn multi
*/
int imr_multi_new(lua_State *L) {
  lua_Integer portion = luaL_optinteger(L, 1, PORTION_MOST);
  luaL_argcheck(L, portion >= PORTION_LEAST && portion <= PORTION_MOST, 1, "4,096 bytes to 1 GiB expected");
  imr_multi *multi = lua_newuserdata(L, sizeof *multi);
  memset(multi, 0, sizeof *multi);
  multi->portion = (size_t)portion;
  multi->owner = imr_process_id();
  luaL_setmetatable(L, MULTI);
  lua_newtable(L);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "multi");
  lua_setuservalue(L, -2);
  return 1;
}

static int open_handle(imr_multi *multi) {
  static int initialised = 0;
  if (multi->handle) return 1;
  if (!initialised) initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (initialised) multi->handle = curl_multi_init();
  if (!multi->handle) return 0;
  (void)curl_multi_setopt(multi->handle, QUICK_EXIT, 1L);
  (void)curl_multi_setopt(multi->handle, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
  return 1;
}

/* The request is at 2. */
static const char *prepare(lua_State *L, imr_multi *multi, imr_transfer *transfer) {
  const char *problem = imr_request_read(L, 2, &multi->known, transfer);
  if (problem) return problem;
  transfer->easy = imr_multi_take_handle(multi, transfer->request.tls);
  return transfer->easy ? imr_request_set_up(L, 2, transfer) : "libcurl has no memory for a request";
}

static const char *add_transfer(imr_multi *multi, imr_transfer *transfer) {
  CURLMcode code = curl_multi_add_handle(multi->handle, transfer->easy);
  if (code) return curl_multi_strerror(code);
  imr_multi_add(multi, transfer);
  multi->tls |= transfer->request.tls;
  transfer->state = IMR_RUNNING;
  return NULL;
}

/*** Starts a request. Nothing is sent before the next perform.
@function multi:start
@tparam table request url, method ("POST"), headers, body, timeout (30), connect_timeout (10), command,
leave_within, max_body, ca_file, proxy, user_agent. With leave_within no byte leaves later than so many
seconds from now. A command goes over a connection of its own, which is closed after it.
@treturn transfer|nil
@treturn string|nil what is wrong
*/
static int multi_start(lua_State *L) {
  imr_multi *multi = check_multi(L);
  imr_transfer *transfer;
  const char *problem = NULL;
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  transfer = imr_transfer_new(L);
  transfer->owner = multi->owner;
  if (multi->closed) problem = "the multi is closed";
  if (!problem && !open_handle(multi)) problem = "libcurl could not be started";
  if (!problem) problem = prepare(L, multi, transfer);
  if (!problem) {
    imr_multi_keep(L, transfer);
    problem = add_transfer(multi, transfer);
    if (!problem) {
      lua_settop(L, 3);
      return 1;
    }
    imr_multi_forget(L, transfer);
  }
  lua_pushnil(L);
  lua_pushstring(L, problem);
  return 2;
}

/* Over a new connection, when the kept one was no good. Nothing has left, so this is no second try. */
static CURLMcode begin_again(imr_multi *multi, imr_transfer *transfer) {
  transfer->request.refusal = IMR_LEAVES;
  transfer->request.fresh = 1;
  curl_multi_remove_handle(multi->handle, transfer->easy);
  (void)curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
  return curl_multi_add_handle(multi->handle, transfer->easy);
}

static CURLMcode begin_stale_again(imr_multi *multi, int *begun) {
  CURLMcode code = CURLM_OK;
  *begun = 0;
  for (imr_transfer *t = multi->first; t && !code; t = t->next) {
    if (t->request.refusal != IMR_STALE) continue;
    code = begin_again(multi, t);
    *begun = 1;
  }
  return code;
}

static CURLMcode perform(imr_multi *multi, int *running) {
  CURLMcode code;
  int again = 0;
  imr_guard guard = imr_guard_hold(multi->tls);
  for (imr_transfer *t = multi->first; t; t = t->next) imr_answer_resume(&t->answer, t->easy, multi->portion);
  code = curl_multi_perform(multi->handle, running);
  if (!code) code = begin_stale_again(multi, &again);
  if (!code && again) code = curl_multi_perform(multi->handle, running);
  imr_guard_release(guard);
  return code;
}

static int is_any_held(const imr_multi *multi) {
  for (const imr_transfer *t = multi->first; t; t = t->next)
    if (t->answer.held) return 1;
  return 0;
}

static int count_transfers(const imr_multi *multi) {
  int count = 0;
  for (const imr_transfer *t = multi->first; t; t = t->next) count++;
  return count;
}

/*** Does what can be done without waiting.
@function multi:perform
@treturn integer how many transfers are still running
@treturn boolean whether there is more to read at once
@treturn integer how many have ended, for `finished` to give out; one of those may only need another
connection
*/
static int multi_perform(lua_State *L) {
  imr_multi *multi = check_multi(L);
  CURLMcode code = CURLM_OK;
  int running = 0;
  if (multi->handle) code = perform(multi, &running);
  if (code) return luaL_error(L, "libcurl: %s", curl_multi_strerror(code));
  lua_pushinteger(L, running);
  lua_pushboolean(L, is_any_held(multi));
  lua_pushinteger(L, count_transfers(multi) - running);
  return 3;
}

static int wait_milliseconds(double seconds) {
  if (!(seconds > 0)) return 0;
  return seconds > 3600 ? 3600 * 1000 : (int)(seconds * 1000 + 0.999);
}

/*** Waits for a transfer to have something to do; returns at once when there is none, or more to read. This
blocks the process.
@function multi:poll
@tparam number seconds at most (an hour is the longest)
*/
static int multi_poll(lua_State *L) {
  imr_multi *multi = check_multi(L);
  int milliseconds = wait_milliseconds(luaL_checknumber(L, 2));
  if (multi->first && !is_any_held(multi)) curl_multi_poll(multi->handle, NULL, 0, milliseconds, NULL);
  return 0;
}

static imr_transfer *next_finished(imr_multi *multi, CURLcode *code) {
  int left = 0;
  CURLMsg *message = multi->handle ? curl_multi_info_read(multi->handle, &left) : NULL;
  char *transfer = NULL;
  if (!message || message->msg != CURLMSG_DONE) return NULL;
  *code = message->data.result;
  curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
  return (imr_transfer *)(void *)transfer;
}

/*** The next transfer that has ended. To be called after a perform that tells of any, until it returns nil.
@function multi:finished
@treturn transfer|nil
*/
static int multi_finished(lua_State *L) {
  imr_multi *multi = check_multi(L);
  CURLcode code = CURLE_OK;
  imr_transfer *transfer = next_finished(multi, &code);
  if (!transfer) return 0;
  lua_getuservalue(L, 1);
  lua_pushlightuserdata(L, transfer);
  lua_rawget(L, -2);
  imr_multi_forget(L, transfer);
  imr_transfer_finish(transfer, code);
  return 1;
}

/*** Whether this is a copy that a fork made of another process's multi. Such a copy refuses all else.
@function multi:is_forked
@treturn boolean
*/
static int multi_is_forked(lua_State *L) {
  const imr_multi *multi = luaL_checkudata(L, 1, MULTI);
  lua_pushboolean(L, !imr_is_owner(multi->owner));
  return 1;
}

/*** Cancels what is running and closes all connections. Nothing can be started any more.
@function multi:close
*/
static int multi_close(lua_State *L) {
  imr_multi *multi = luaL_checkudata(L, 1, MULTI);
  free(multi->known.text);
  multi->known.text = NULL;
  if (!imr_is_owner(multi->owner)) return 0;
  multi->closed = 1;
  while (multi->first) {
    imr_multi_forget(L, multi->first);
    imr_transfer_abandon(multi->first, "the client was closed");
  }
  if (multi->handle) {
    imr_guard guard = imr_guard_hold(multi->tls);
    curl_easy_cleanup(multi->spare);
    multi->spare = NULL;
    curl_multi_cleanup(multi->handle);
    imr_guard_release(guard);
    imr_sockets_free(&multi->sockets);
    multi->handle = NULL;
  }
  return 0;
}

void imr_multi_register(lua_State *L) {
  static const luaL_Reg methods[] = {{"start", multi_start},
                                     {"perform", multi_perform},
                                     {"poll", multi_poll},
                                     {"finished", multi_finished},
                                     {"is_forked", multi_is_forked},
                                     {"close", multi_close},
                                     {NULL, NULL}};
  imr_new_class(L, MULTI, methods, multi_close);
}
