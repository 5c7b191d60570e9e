/* What a multi has: its transfers, in a list for us and in a table that keeps them from the collector, and a
 * handle that the next of them may use. */
#include "http/http.h"

/* A handle to set up; one that was used before where that saves making and setting it up anew. Whatever one
   request sets the next sets too, but for whom to trust: so none is kept that has spoken TLS. */
CURL *imr_multi_take_handle(imr_multi *multi, int tls) {
  CURL *easy = multi->spare;
  if (!easy || tls) return imr_options_new_handle(multi->portion, &multi->sockets);
  multi->spare = NULL;
  return easy;
}

void imr_multi_return(imr_multi *multi, CURL *easy) {
  if (multi->spare || multi->closed) {
    curl_easy_cleanup(easy);
  } else {
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL); /* it goes with the transfer */
    multi->spare = easy;
  }
}

void imr_multi_add(imr_multi *multi, imr_transfer *transfer) {
  transfer->multi = multi;
  transfer->previous = NULL;
  transfer->next = multi->first;
  if (multi->first) multi->first->previous = transfer;
  multi->first = transfer;
}

/* Takes a transfer out of its multi, if it is in one. */
void imr_multi_remove(imr_transfer *transfer) {
  imr_multi *multi = transfer->multi;
  if (!multi) return;
  curl_multi_remove_handle(multi->handle, transfer->easy);
  if (transfer->previous) transfer->previous->next = transfer->next;
  if (transfer->next) transfer->next->previous = transfer->previous;
  if (multi->first == transfer) multi->first = transfer->next;
  transfer->multi = NULL;
}

/* The transfer is at 3 and the multi at 1. The multi's user value becomes the transfer's as well. */
void imr_multi_keep(lua_State *L, imr_transfer *transfer) {
  lua_getuservalue(L, 1);
  lua_pushlightuserdata(L, transfer);
  lua_pushvalue(L, 3);
  lua_rawset(L, -3);
  lua_setuservalue(L, 3);
}

/* The object at 1 is the multi or the transfer. */
void imr_multi_forget(lua_State *L, imr_transfer *transfer) {
  lua_getuservalue(L, 1);
  lua_pushlightuserdata(L, transfer);
  lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}
