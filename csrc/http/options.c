/* libcurl's options, by purpose. Those that a libcurl may lack are listed apart. */
#include <string.h>
#include <unistd.h>

#include "http/http.h"

typedef struct long_option {
  CURLoption option;
  long value;
} long_option;

static const long_option required_options[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
};

/* An older libcurl works without these, only less well: it may wait for a hanging resolver when a transfer is
   dropped, and loads the CA file again for every connection. */
static const long_option welcome_options[] = {
#if LIBCURL_VERSION_NUM >= 0x075700
    {CURLOPT_QUICK_EXIT, 1},
    {CURLOPT_CA_CACHE_TIMEOUT, 24L * 3600},
#endif
    {CURLOPT_TCP_NODELAY, 1},
};

static CURLcode set_protocols(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static CURLcode set_fixed(CURL *easy) {
  CURLcode code = set_protocols(easy);
  for (size_t i = 0; i < sizeof required_options / sizeof *required_options && !code; i++)
    code = curl_easy_setopt(easy, required_options[i].option, required_options[i].value);
  for (size_t i = 0; i < sizeof welcome_options / sizeof *welcome_options; i++)
    (void)curl_easy_setopt(easy, welcome_options[i].option, welcome_options[i].value);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  return code;
}

/* What libcurl reads at once is unpacked at once, to several times its size: half a portion at most. */
static CURLcode set_portion(CURL *easy, size_t portion) {
  if (portion / 2 >= CURL_MAX_WRITE_SIZE) return CURLE_OK;
  return curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)portion / 2);
}

CURL *imr_options_new_handle(size_t portion, imr_sockets *sockets) {
  CURL *easy = curl_easy_init();
  CURLcode code;
  if (!easy) return NULL;
  code = set_fixed(easy);
  if (!code) code = set_portion(easy, portion);
  if (!code) code = imr_sockets_set(easy, sockets);
  if (!code) return easy;
  curl_easy_cleanup(easy);
  return NULL;
}

static const char *bundled_ca_file(void) {
#if LIBCURL_VERSION_NUM >= 0x074600
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  if (info->age >= CURLVERSION_SEVENTH && info->cainfo && access(info->cainfo, R_OK) == 0)
    return info->cainfo;
#endif
  return NULL;
}

/* libcurl caches the parsed CA file only when there is no CA directory beside it; without the cache every new
   connection parses some 140 certificates inside `perform`. */
CURLcode imr_options_set_trust(CURL *easy, const char *ca_file) {
  CURLcode code;
  imr_tls_keep_keys(easy);
  if (!ca_file) ca_file = bundled_ca_file();
  if (!ca_file) return CURLE_OK; /* whatever this libcurl was built with */
  code = curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  return code ? code : curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

/* Our own certificate, and the oldest TLS that will do: "1.2" or "1.3". */
CURLcode imr_options_set_identity(CURL *easy, const char *cert_file, const char *key_file,
                                  const char *tls_min) {
  int is_new = tls_min && strcmp(tls_min, "1.3") == 0;
  CURLcode code = curl_easy_setopt(easy, CURLOPT_SSLCERT, cert_file);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_SSLKEY, key_file);
  if (code || !is_new) return code;
  return curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
}

static CURLcode set_receiving(imr_transfer *transfer) {
  CURL *easy = transfer->easy;
  CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, imr_answer_on_header);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, imr_answer_on_body);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->answer);
  return code;
}

CURLcode imr_options_set_callbacks(imr_transfer *transfer) {
  CURLcode code = imr_once_set(transfer);
  if (!code) code = set_receiving(transfer);
  if (!code) code = curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->detail);
  if (!code) code = curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
  return code;
}

CURLcode imr_options_set_connection(CURL *easy, int fresh, int keep) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)fresh);
  return code ? code : curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, (long)!keep);
}
