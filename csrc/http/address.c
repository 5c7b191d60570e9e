/* Addresses: whether libcurl takes them, and what of them may stand in a message: "host:port", without user
   name, password, path or query. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): strdup */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/http.h"

static CURLUcode append_part(char *place, CURLU *url, CURLUPart part, unsigned int flags,
                             const char *before) {
  size_t used = strlen(place);
  char *text = NULL;
  CURLUcode code = curl_url_get(url, part, &text, flags);
  if (code) return code;
  snprintf(place + used, IMR_PLACE_SIZE - used, "%s%s", before, text);
  curl_free(text);
  return CURLUE_OK;
}

static CURLUcode read_scheme(CURLU *url, int *secure) {
  char *scheme = NULL;
  CURLUcode code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
  if (code) return code;
  *secure = strcmp(scheme, "https") == 0;
  if (!*secure && strcmp(scheme, "http") != 0) code = CURLUE_UNSUPPORTED_SCHEME;
  curl_free(scheme);
  return code;
}

static CURLUcode read_url(const char *text, char *place, int *secure) {
  CURLU *url = curl_url();
  CURLUcode code = url ? curl_url_set(url, CURLUPART_URL, text, 0) : CURLUE_OUT_OF_MEMORY;
  place[0] = '\0';
  if (!code) code = read_scheme(url, secure);
  if (!code) code = append_part(place, url, CURLUPART_HOST, 0, "");
  if (!code) code = append_part(place, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, ":");
  curl_url_cleanup(url);
  return code;
}

static CURLUcode read_proxy(const char *text, char *place) {
  CURLU *url = curl_url();
  CURLUcode code = CURLUE_OUT_OF_MEMORY;
  place[0] = '\0';
  if (url) code = curl_url_set(url, CURLUPART_URL, text, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME);
  if (!code) code = append_part(place, url, CURLUPART_HOST, 0, "");
  if (!code) code = append_part(place, url, CURLUPART_PORT, 0, ":");
  if (code == CURLUE_NO_PORT) {
    strncat(place, strncasecmp(text, "https:", 6) == 0 ? ":443" : ":1080",
            IMR_PLACE_SIZE - strlen(place) - 1);
    code = CURLUE_OK;
  }
  curl_url_cleanup(url);
  return code;
}

/* A copy for the caller, or what is wrong. */
static const char *keep(char **kept, const char *text, CURLUcode code, const char *malformed) {
  *kept = code ? NULL : strdup(text);
  if (*kept) return NULL;
  return code && code != CURLUE_OUT_OF_MEMORY ? malformed : "not enough memory for an address";
}

const char *imr_address_check(imr_known_url *known, const char *text) {
  char place[IMR_PLACE_SIZE];
  if (known->text && strcmp(known->text, text) == 0) return NULL;
  free(known->text);
  return keep(&known->text, text, read_url(text, place, &known->secure),
              "the url must look like http://host/path or https://host/path");
}

const char *imr_address_of_proxy(const char *text, char **kept) {
  char place[IMR_PLACE_SIZE];
  CURLUcode code = read_proxy(text, place);
  return keep(kept, place, code, "the proxy must look like http://host:port");
}

/* Where a request went; for a message, so it always has something to say. */
const char *imr_address_of_origin(CURL *easy, char place[IMR_PLACE_SIZE]) {
  char *url = NULL;
  int secure;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  return url && !read_url(url, place, &secure) ? place : "the platform";
}
