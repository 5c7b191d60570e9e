/* A request leaves once.

   libcurl repeats one by itself when a reused connection dies before the answer. A POST that the server may
   have acted on must not be sent again behind our back. Nor does a request go over a kept connection in which
   something waits: it would be taken for the answer, and every later one for the next one's. */
#include <string.h>

#include "http/http.h"

static long request_bytes(const imr_transfer *transfer) {
  long bytes = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

#if LIBCURL_VERSION_NUM >= 0x075000 && !defined(IMR_OLD_LIBCURL)

/* Of a new connection over TLS nobody can tell an answer from what TLS itself has to say. */
static imr_refusal refusal_of_new(const imr_transfer *transfer, const imr_socket *socket) {
  if (transfer->request.tls || imr_socket_look(socket) != IMR_WAITING_BYTES) return IMR_LEAVES;
  return IMR_SPOKEN_TO;
}

static imr_refusal refusal_of_kept(const imr_transfer *transfer, const imr_socket *socket) {
  const imr_request *request = &transfer->request;
  if (request->hidden || imr_socket_look(socket) != IMR_WAITING_NOTHING) return IMR_STALE;
  return request->tls && imr_tls_may_hold_bytes(transfer->easy, request->secure) ? IMR_STALE : IMR_LEAVES;
}

static imr_refusal refusal_of(imr_transfer *transfer, const imr_ends *ends) {
  imr_socket *socket = imr_sockets_find(&transfer->multi->sockets, ends);
  int kept = !socket || socket->used;
  if (transfer->request.begun) return IMR_LEFT_ALREADY;
  if (!socket) return transfer->request.fresh ? IMR_LEAVES : IMR_STALE;
  socket->used = 1;
  return kept ? refusal_of_kept(transfer, socket) : refusal_of_new(transfer, socket);
}

/* Called when a connection stands and the request is about to leave, also before a repetition. */
static int may_leave(void *user, char *peer, char *local, int peer_port, int local_port) {
  imr_transfer *transfer = user;
  imr_ends ends = {peer, local, peer_port, local_port};
  transfer->request.refusal = refusal_of(transfer, &ends);
  if (transfer->request.refusal != IMR_LEAVES || imr_leave_refuse(&transfer->request))
    return CURL_PREREQFUNC_ABORT;
  transfer->request.begun = 1;
  return CURL_PREREQFUNC_OK;
}

/* A body that libcurl holds goes in one packet with the headers, one that it asks for in a second. */
CURLcode imr_once_set(imr_transfer *transfer) {
  CURL *easy = transfer->easy;
  const char *body = transfer->request.body;
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, may_leave);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body ? body : "");
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
  (void)user;
  (void)offset;
  (void)origin;
  return CURL_SEEKFUNC_FAIL;
}

CURLcode imr_once_set(imr_transfer *transfer) {
  CURL *easy = transfer->easy;
  CURLcode code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_READDATA, &transfer->request);
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

/* Whether libcurl has handed all of it to the system. */
int imr_once_has_left(const imr_transfer *transfer) {
  curl_off_t sent = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return sent >= (curl_off_t)transfer->request.length;
}
