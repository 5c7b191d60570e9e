/* Why a transfer failed, in words for the reader of a log, and whether the platform may have seen the
   request. No message has a part of the request: bodies and headers carry the token, a proxy's URL may carry
   a password. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): strdup */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/http.h"

enum place { ORIGIN, PEER };            /* PEER: the proxy when there is one */
enum more { NOTHING, SYSTEM, LIBRARY }; /* what explains it: errno, libcurl's own text */

/* Codes by number that an older libcurl's header lacks. */
enum {
  PROXY_HANDSHAKE = 97,
  SSL_CLIENTCERT = 98,
  TOO_LARGE = 100,
  ECH_REQUIRED = 101,
};

#define NO_TLS "no TLS connection to"

typedef struct fault {
  int code;
  const char *kind;
  const char *text; /* the place follows */
  enum place place;
  enum more more;
} fault;

static const fault faults[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "network", "could not find the address of", ORIGIN, NOTHING},
    {CURLE_COULDNT_RESOLVE_PROXY, "network", "could not find the address of the proxy", PEER, NOTHING},
    {CURLE_COULDNT_CONNECT, "network", "could not connect to", PEER, SYSTEM},
    {IMR_ONCE_REFUSED, "network", "the kept connection was closed before an answer from", ORIGIN, NOTHING},
    {CURLE_FAILED_INIT, "network", "libcurl could not begin the request to", ORIGIN, LIBRARY},
    {CURLE_INTERFACE_FAILED, "network", "no network interface to reach", PEER, LIBRARY},
    {CURLE_SEND_ERROR, "network", "the connection broke while sending to", PEER, SYSTEM},
    {CURLE_SEND_FAIL_REWIND, "network", "the request could not be sent again to", PEER, NOTHING},
    {CURLE_RECV_ERROR, "network", "the connection broke before the end of the answer from", PEER, SYSTEM},
    {CURLE_GOT_NOTHING, "network", "the connection was closed before an answer from", ORIGIN, NOTHING},
    {CURLE_PARTIAL_FILE, "network", "the connection was closed before the end of the answer from", ORIGIN,
     NOTHING},
    {CURLE_PEER_FAILED_VERIFICATION, "network", "no trust in the TLS certificate of", ORIGIN, LIBRARY},
    {CURLE_SSL_CACERT_BADFILE, "network", "could not read the ca_file for", ORIGIN, LIBRARY},
    {CURLE_SSL_CONNECT_ERROR, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_CERTPROBLEM, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_CIPHER, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_ISSUER_ERROR, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_CRL_BADFILE, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_SSL_INVALIDCERTSTATUS, "network", NO_TLS, ORIGIN, LIBRARY},
    {CURLE_USE_SSL_FAILED, "network", NO_TLS, ORIGIN, LIBRARY},
    {SSL_CLIENTCERT, "network", NO_TLS, ORIGIN, LIBRARY},
    {ECH_REQUIRED, "network", NO_TLS, ORIGIN, LIBRARY},
    {PROXY_HANDSHAKE, "network", "no way through the proxy", PEER, LIBRARY},
    {CURLE_BAD_CONTENT_ENCODING, "protocol", "could not unpack the answer from", ORIGIN, NOTHING},
    /* Our callbacks say why they refuse; what else ends like this is the unpacking. */
    {CURLE_WRITE_ERROR, "protocol", "more follows behind the end of the packed answer from", ORIGIN, NOTHING},
    {CURLE_UNSUPPORTED_PROTOCOL, "protocol", "the answer is not HTTP from", ORIGIN, NOTHING},
    {CURLE_WEIRD_SERVER_REPLY, "protocol", "the answer is not valid HTTP from", ORIGIN, NOTHING},
    {CURLE_OUT_OF_MEMORY, "protocol", "headers too long, or not enough memory, for the answer from", ORIGIN,
     NOTHING},
    {TOO_LARGE, "protocol", "headers, or something else, too large in the answer from", ORIGIN, LIBRARY},
    {CURLE_FILESIZE_EXCEEDED, "protocol", "too large is the answer from", ORIGIN, LIBRARY},
};

static const char *system_text(const imr_transfer *transfer) {
  long number = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  return number ? strerror((int)number) : NULL;
}

/* A code that is not in the list, or that we do not know yet, is about the answer when one has begun and the
   system has nothing to say about the connection. */
static const fault *find_fault(const imr_transfer *transfer, CURLcode code) {
  static const fault of_answer = {CURLE_OK, "protocol", "libcurl cannot use the answer from", ORIGIN,
                                  LIBRARY};
  static const fault other = {CURLE_OK, "network", "the request failed at", ORIGIN, LIBRARY};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    if (faults[i].code == (int)code) return &faults[i];
  return transfer->answer.header_bytes && !system_text(transfer) ? &of_answer : &other;
}

static const char *explanation(const imr_transfer *transfer, enum more more, CURLcode code) {
  if (more == SYSTEM) return system_text(transfer);
  if (more == NOTHING) return NULL;
  return transfer->detail[0] ? transfer->detail : curl_easy_strerror(code);
}

/* libcurl's own text may hold what a server said, in a certificate for example. */
static void clean(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = '?';
}

/* The text is cut where it gets longer than any of ours. */
void imr_failure_say(imr_failure *failure, const char *kind, const char *format, ...) {
  char text[900];
  va_list parts;
  va_start(parts, format);
  vsnprintf(text, sizeof text, format, parts);
  va_end(parts);
  clean(text);
  free(failure->message);
  failure->kind = kind;
  failure->message = strdup(text);
}

static void describe_fault(imr_transfer *transfer, CURLcode code) {
  char origin[IMR_PLACE_SIZE];
  const fault *fault = find_fault(transfer, code);
  const char *proxy = fault->place == PEER ? transfer->request.proxy : NULL;
  const char *place = proxy ? proxy : imr_address_of_origin(transfer->easy, origin);
  const char *why = explanation(transfer, fault->more, code);
  imr_failure_say(&transfer->failure, fault->kind, "%s %s%s%s", fault->text, place, why ? ": " : "",
                  why ? why : "");
}

static void describe_refused(imr_transfer *transfer) {
  char origin[IMR_PLACE_SIZE];
  imr_failure_say(&transfer->failure, "protocol", "the answer from %s %s",
                  imr_address_of_origin(transfer->easy, origin), transfer->answer.refused);
}

static void describe_spoken_to(imr_transfer *transfer) {
  char origin[IMR_PLACE_SIZE];
  imr_failure_say(&transfer->failure, "network", "%s spoke before it was asked",
                  imr_address_of_origin(transfer->easy, origin));
}

static void describe_timeout(imr_transfer *transfer) {
  char origin[IMR_PLACE_SIZE];
  double seconds = 0;
  const char *what = "the whole answer did not come from";
  if (!transfer->answer.header_bytes) what = "no answer from";
  if (!transfer->failure.sent) what = "no connection to";
  curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME, &seconds);
  imr_failure_say(&transfer->failure, "timeout", "%s %s within %.4g s", what,
                  imr_address_of_origin(transfer->easy, origin), seconds);
}

static void describe_late(imr_transfer *transfer) {
  char origin[IMR_PLACE_SIZE];
  imr_failure_say(&transfer->failure, "timeout", "the connection to %s stood too late: nothing was sent",
                  imr_address_of_origin(transfer->easy, origin));
}

static int proxy_status(const imr_transfer *transfer) {
  long tunnel = 0, answer = 0;
  if (!transfer->request.proxy) return 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel);
  if (tunnel >= 300) return (int)tunnel;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &answer);
  return answer == 407 ? 407 : 0;
}

static void describe_proxy(imr_transfer *transfer, int status) {
  const char *cure = status == 407 ? ": give its user name and password in the proxy's URL" : "";
  imr_failure_say(&transfer->failure, "network", "the proxy %s refused (HTTP %d)%s", transfer->request.proxy,
                  status, cure);
}

void imr_failure_describe(imr_transfer *transfer, CURLcode code) {
  int refused_by_proxy = proxy_status(transfer);
  /* To libcurl an answer that ends in its headers is an empty one. */
  if (code == CURLE_OK && !transfer->answer.headers_done) code = CURLE_PARTIAL_FILE;
  transfer->failure.sent = imr_once_may_have_sent(transfer);
  if (transfer->request.late) {
    describe_late(transfer);
  } else if (transfer->request.refusal == IMR_SPOKEN_TO) {
    describe_spoken_to(transfer);
  } else if (refused_by_proxy) {
    describe_proxy(transfer, refused_by_proxy);
  } else if (transfer->answer.refused) {
    describe_refused(transfer);
  } else if (code == CURLE_OPERATION_TIMEDOUT) {
    describe_timeout(transfer);
  } else if (code != CURLE_OK) {
    describe_fault(transfer, code);
  }
}

/* nil and the error */
void imr_failure_push(lua_State *L, const imr_transfer *transfer) {
  const imr_failure *failure = &transfer->failure;
  lua_pushnil(L);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, failure->kind);
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, failure->message ? failure->message : "not enough memory to say what failed");
  lua_setfield(L, -2, "message");
  lua_pushstring(L, failure->sent ? "maybe" : "no");
  lua_setfield(L, -2, "executed");
  if (!failure->sent) return;
  lua_pushnumber(L, transfer->sent_after);
  lua_setfield(L, -2, "sent_after");
}
