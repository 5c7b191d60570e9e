/* One request and its answer. */
#include <stdlib.h>
#include <string.h>

#include "base/class.h"
#include "http/http.h"

#define TRANSFER "imr.curl.transfer"

static imr_transfer *check_transfer(lua_State *L) { return luaL_checkudata(L, 1, TRANSFER); }

/* The metatable comes first: from then on whatever the transfer acquires is freed, also when an error is
 * raised. */
imr_transfer *imr_transfer_new(lua_State *L) {
  imr_transfer *transfer = lua_newuserdata(L, sizeof *transfer);
  memset(transfer, 0, sizeof *transfer);
  luaL_setmetatable(L, TRANSFER);
  return transfer;
}

/* What a transfer holds in libcurl goes as soon as it has ended: the collector does not see how much that is.
 */
static void release_handle(imr_transfer *transfer, int again) {
  imr_multi *multi = transfer->multi;
  imr_guard guard = imr_guard_hold(transfer->request.tls || (multi && multi->tls));
  imr_multi_remove(transfer);
  if (again && multi && !transfer->request.tls) {
    imr_multi_return(multi, transfer->easy);
  } else {
    curl_easy_cleanup(transfer->easy);
  }
  imr_guard_release(guard);
  transfer->easy = NULL;
  imr_request_free(&transfer->request);
}

void imr_transfer_finish(imr_transfer *transfer, CURLcode code) {
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->answer.status);
  curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME, &transfer->sent_after);
  imr_failure_describe(transfer, code);
  if (transfer->failure.kind) imr_answer_free(&transfer->answer);
  transfer->state = IMR_FINISHED;
  release_handle(transfer, transfer->failure.kind == NULL);
}

/* Ends a transfer that is still running; the others are left as they are. */
void imr_transfer_abandon(imr_transfer *transfer, const char *why) {
  if (transfer->state != IMR_RUNNING) return;
  transfer->failure.sent = imr_once_may_have_sent(transfer);
  imr_failure_say(&transfer->failure, "network", "%s", why);
  transfer->state = IMR_FINISHED;
  release_handle(transfer, 0);
  imr_answer_free(&transfer->answer);
}

/*** The outcome. Nothing while the transfer runs. To be called once: the answer's memory goes with it.
@function transfer:result
@treturn integer|nil status
@treturn string|table|nil body, or an error with kind, message, executed ("no" when no byte of the request
has left) and, of one that left, sent_after
@treturn table|nil headers, with lower-case names
@treturn number|nil sent_after seconds until the request left: those that a new connection took
*/
static int transfer_result(lua_State *L) {
  imr_transfer *transfer = check_transfer(L);
  imr_check_owner(L, transfer->owner, "transfer");
  if (transfer->state == IMR_RUNNING) return 0;
  if (transfer->state != IMR_FINISHED) return luaL_error(L, "the result has been taken already");
  if (transfer->failure.kind) {
    imr_failure_push(L, transfer);
    return 2;
  }
  imr_answer_push(L, &transfer->answer);
  imr_answer_free(&transfer->answer);
  transfer->state = IMR_TAKEN;
  lua_pushnumber(L, transfer->sent_after);
  return 4;
}

/*** Ends the transfer; the connection is closed. Does nothing when it has ended.
@function transfer:cancel
*/
static int transfer_cancel(lua_State *L) {
  imr_transfer *transfer = check_transfer(L);
  if (!imr_is_owner(transfer->owner)) return 0;
  imr_transfer_abandon(transfer, "the request was cancelled");
  imr_multi_forget(L, transfer);
  return 0;
}

/*** Ends the transfer like cancel, but only when no byte of the request can have left.
@function transfer:withdraw
@treturn boolean whether it was ended */
static int transfer_withdraw(lua_State *L) {
  imr_transfer *transfer = check_transfer(L);
  int may =
      imr_is_owner(transfer->owner) && transfer->state == IMR_RUNNING && !imr_once_may_have_sent(transfer);
  if (may) {
    imr_transfer_abandon(transfer, "the request was taken back before it left");
    imr_multi_forget(L, transfer);
  }
  lua_pushboolean(L, may);
  return 1;
}

static int transfer_gc(lua_State *L) {
  imr_transfer *transfer = check_transfer(L);
  if (!imr_is_owner(transfer->owner)) return 0;
  imr_transfer_abandon(transfer, "the request was dropped");
  if (transfer->easy) release_handle(transfer, 0);
  transfer->state = IMR_TAKEN;
  imr_request_free(&transfer->request);
  imr_answer_free(&transfer->answer);
  free(transfer->failure.message);
  transfer->failure.message = NULL;
  return 0;
}

void imr_transfer_register(lua_State *L) {
  static const luaL_Reg methods[] = {{"result", transfer_result},
                                     {"cancel", transfer_cancel},
                                     {"withdraw", transfer_withdraw},
                                     {NULL, NULL}};
  imr_new_class(L, TRANSFER, methods, transfer_gc);
}
