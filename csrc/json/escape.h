/* Escapes in JSON strings. What they say is told by imr_json_unescape. */
#ifndef IMR_JSON_ESCAPE_H
#define IMR_JSON_ESCAPE_H

/* The place behind the escape at `at`, or NULL where it is none. Adds to the flags of the string. */
const char *imr_json_skip_escape(const char *at, const char *end, unsigned *flags);

#endif
