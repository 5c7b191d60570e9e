/* Addresses: whether libcurl takes them, and what of them may stand in a message: "host:port", without user
   name, password, path or query. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): strdup */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl_private.h"

static int append_part(char *place, CURLU *url, CURLUPart part, unsigned int flags, const char *before) {
  size_t used = strlen(place);
  char *text = NULL;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return 0;
  snprintf(place + used, IMR_PLACE_SIZE - used, "%s%s", before, text);
  curl_free(text);
  return 1;
}

static int read_scheme(CURLU *url, int *secure) {
  char *scheme = NULL;
  int known;
  if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK) return 0;
  *secure = strcmp(scheme, "https") == 0;
  known = *secure || strcmp(scheme, "http") == 0;
  curl_free(scheme);
  return known;
}

static int read_place(CURLU *url, char *place) {
  place[0] = '\0';
  return append_part(place, url, CURLUPART_HOST, 0, "") &&
         append_part(place, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, ":");
}

static int read_url(const char *text, char *place, int *secure) {
  CURLU *url = curl_url();
  int good = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && read_scheme(url, secure) &&
             read_place(url, place);
  curl_url_cleanup(url);
  return good;
}

const char *imr_address_check(imr_known_url *known, const char *text) {
  char place[IMR_PLACE_SIZE];
  if (known->text && strcmp(known->text, text) == 0) return NULL;
  free(known->text);
  known->text = NULL;
  if (!read_url(text, place, &known->secure))
    return "the url must look like http://host/path or https://host/path";
  known->text = strdup(text);
  return known->text ? NULL : "not enough memory for the url";
}

const char *imr_address_of_proxy(const char *text, char **kept) {
  char place[IMR_PLACE_SIZE] = "";
  CURLU *url = curl_url();
  int good = url && curl_url_set(url, CURLUPART_URL, text, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) ==
                        CURLUE_OK;
  good = good && append_part(place, url, CURLUPART_HOST, 0, "");
  if (good && !append_part(place, url, CURLUPART_PORT, 0, ":"))
    strncat(place, ":1080", IMR_PLACE_SIZE - strlen(place) - 1);
  curl_url_cleanup(url);
  if (!good) return "the proxy must look like http://host:port";
  *kept = strdup(place);
  return *kept ? NULL : "not enough memory for the proxy";
}

/* Where a request went; for a message, so it always has something to say. */
const char *imr_address_of_origin(CURL *easy, char place[IMR_PLACE_SIZE]) {
  char *url = NULL;
  int secure;
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  return url && read_url(url, place, &secure) ? place : "the platform";
}
