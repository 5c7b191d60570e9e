/* A request leaves once.

   libcurl repeats one by itself when a reused connection dies before the answer. A POST that the server may
   have acted on must not be sent again behind our back. */
#include <string.h>

#include "curl_private.h"

static long request_bytes(const imr_transfer *transfer) {
  long bytes = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

#if LIBCURL_VERSION_NUM >= 0x075000 && !defined(IMR_OLD_LIBCURL)

/* Called when a connection stands and the request is about to leave, also before a repetition. */
static int refuse_to_repeat(void *user, char *peer, char *local, int peer_port, int local_port) {
  imr_request *request = user;
  (void)peer, (void)local, (void)peer_port, (void)local_port;
  if (imr_leave_refuse(request)) return CURL_PREREQFUNC_ABORT;
  return request->begun++ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* A body that libcurl holds goes in one packet with the headers, one that it asks for in a second. */
CURLcode imr_once_set(CURL *easy, imr_request *request) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, refuse_to_repeat);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body ? request->body : "");
  return code;
}

/* Through a tunnel libcurl's count includes what only the proxy was sent. */
int imr_once_may_have_sent(const imr_transfer *transfer) {
  return transfer->request.begun && (transfer->request.tunnel || request_bytes(transfer) > 0);
}

#else

static size_t read_body(char *data, size_t size, size_t count, void *user) {
  imr_request *request = user;
  size_t length = request->length - request->sent;
  if (length > size * count) length = size * count;
  memcpy(data, request->body + request->sent, length);
  request->sent += length;
  return length;
}

/* To repeat a request libcurl has to rewind the body. */
static int refuse_to_rewind(void *user, curl_off_t offset, int origin) {
  (void)user, (void)offset, (void)origin;
  return CURL_SEEKFUNC_FAIL;
}

CURLcode imr_once_set(CURL *easy, imr_request *request) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_READDATA, request);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_to_rewind);
  return code;
}

/* What libcurl has taken of the body may have left, also in an earlier attempt of libcurl's own. Through a
   tunnel its count includes what only the proxy was sent, so there the body alone decides. */
int imr_once_may_have_sent(const imr_transfer *transfer) {
  const imr_request *request = &transfer->request;
  if (request->sent > 0) return 1;
  if (request->tunnel && request->length > 0) return 0;
  return request_bytes(transfer) > 0;
}

#endif
