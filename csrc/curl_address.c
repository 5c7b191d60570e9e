/* Addresses, reduced to what may stand in a message: "host:port", without user name, password, path or query.
 */
#include <stdio.h>
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

const char *imr_address_of_url(const char *text, char *place, int *secure) {
  CURLU *url = curl_url();
  int good = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK && read_scheme(url, secure);
  place[0] = '\0';
  good = good && append_part(place, url, CURLUPART_HOST, 0, "") &&
         append_part(place, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, ":");
  curl_url_cleanup(url);
  return good ? NULL : "the url must look like http://host/path or https://host/path";
}

const char *imr_address_of_proxy(const char *text, char *place) {
  CURLU *url = curl_url();
  int good = url && curl_url_set(url, CURLUPART_URL, text, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) ==
                        CURLUE_OK;
  place[0] = '\0';
  good = good && append_part(place, url, CURLUPART_HOST, 0, "");
  if (good && !append_part(place, url, CURLUPART_PORT, 0, ":"))
    strncat(place, ":1080", IMR_PLACE_SIZE - strlen(place) - 1);
  curl_url_cleanup(url);
  return good ? NULL : "the proxy must look like http://host:port";
}
