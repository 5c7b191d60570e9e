/* What only OpenSSL can tell and do, where libcurl uses it. Its functions are found in the library that
   libcurl brings along, if they are there at all: we do not depend on it. */
#include <stdio.h>
#include <string.h>

#include "http/http.h"

#pragma weak OpenSSL_version_num
#pragma weak SSL_has_pending
#pragma weak SSL_CTX_set_keylog_callback
#pragma weak ERR_set_mark
#pragma weak ERR_pop_to_mark
extern unsigned long OpenSSL_version_num(void);
extern int SSL_has_pending(const void *ssl);
extern int ERR_set_mark(void);
extern int ERR_pop_to_mark(void);
extern void SSL_CTX_set_keylog_callback(void *context, void (*callback)(const void *ssl, const char *line));

/* Whether those functions are of the OpenSSL that libcurl uses: a process may have two. */
static int is_same_library(void) {
  const char *text = curl_version_info(CURLVERSION_NOW)->ssl_version;
  unsigned long number = OpenSSL_version_num ? OpenSSL_version_num() : 0;
  char own[32];
  snprintf(own, sizeof own, "OpenSSL/%lu.%lu.", number >> 28, number >> 20 & 0xff);
  return text && strncmp(text, own, strlen(own)) == 0;
}

/* What libcurl leaves in the thread's queue of errors after a handshake that failed, another user of the
   library, such as nginx, would take for its own. A mark in an empty queue is none: then all that came is
   taken out. */
int imr_tls_mark_errors(void) {
  if (!ERR_set_mark || !ERR_pop_to_mark || !is_same_library()) return 0;
  (void)ERR_set_mark();
  return 1;
}

void imr_tls_drop_errors(void) { (void)ERR_pop_to_mark(); }

/* Bytes that have been read from the socket, and not by us, are in no recv. */
int imr_tls_may_hold_bytes(CURL *easy, int secure) {
  const struct curl_tlssessioninfo *session = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) || !session || !session->internals)
    return secure;
  if (session->backend != CURLSSLBACKEND_OPENSSL || !SSL_has_pending || !is_same_library()) return 1;
  return SSL_has_pending(session->internals);
}

/* libcurl writes the keys of every connection to the file that SSLKEYLOGFILE names. */
static CURLcode keep_keys(CURL *easy, void *context, void *user) {
  (void)easy;
  (void)user;
  if (SSL_CTX_set_keylog_callback && is_same_library()) SSL_CTX_set_keylog_callback(context, NULL);
  return CURLE_OK;
}

void imr_tls_keep_keys(CURL *easy) { (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, keep_keys); }
