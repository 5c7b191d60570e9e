/* The two objects of imr.curl and what its files share. Nothing here is seen outside curl.so. */
#ifndef IMR_CURL_PRIVATE_H
#define IMR_CURL_PRIVATE_H

#include <curl/curl.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compat.h"

#if LIBCURL_VERSION_NUM < 0x074200
#error "libcurl 7.66 or later is needed"
#endif

#define IMR_PLACE_SIZE 280

typedef struct imr_multi imr_multi;
typedef struct imr_transfer imr_transfer;

/* Bytes that came in: never more than `limit`. */
typedef struct imr_buffer {
  char *data;
  size_t length;
  size_t capacity;
  size_t limit;
} imr_buffer;

typedef struct imr_socket {
  curl_socket_t descriptor;
  int used; /* a request has gone over it */
} imr_socket;

/* Those that libcurl has open for a multi. */
typedef struct imr_sockets {
  imr_socket *list;
  size_t count;
  size_t capacity;
} imr_sockets;

/* Why a request may not leave, though it could. */
typedef enum imr_refusal {
  IMR_LEAVES,
  IMR_STALE,       /* the kept connection has ended, or bytes wait in it: a new one is needed */
  IMR_SPOKEN_TO,   /* bytes came over a new connection before anything was asked */
  IMR_LEFT_ALREADY /* it has left before, and a repetition is libcurl's own idea */
} imr_refusal;

typedef struct imr_request {
  char *body;
  size_t length;
  size_t sent; /* what libcurl has taken of the body, where it asks us for it */
  int begun;   /* it was about to be sent */
  int fresh;   /* over a new connection */
  imr_refusal refusal;
  int late;        /* its connection stood when its time to leave was over */
  double leave_by; /* 0: any time */
  struct curl_slist *headers;
  struct curl_slist *route; /* where to connect to instead of where the URL says */
  int secure;               /* https */
  int tunnel;               /* https through a proxy */
  int hidden;               /* TLS in TLS: what waits in the outer one nobody sees */
  int tls;                  /* the platform or a proxy may be spoken to over TLS */
  char *proxy;              /* "host:port" for messages, never with a user name or a password; or NULL */
} imr_request;

typedef struct imr_answer {
  long status;
  imr_buffer headers;  /* the lines of the last response, without its status line */
  imr_buffer body;     /* decoded */
  size_t header_bytes; /* of all responses, with interim ones and trailers */
  int headers_done;
  double announced;    /* the body's length, or below zero */
  size_t portion;      /* of the body, that may come in before the next perform */
  int held;            /* libcurl keeps the rest for us until then */
  const char *refused; /* why a callback stopped the transfer */
} imr_answer;

typedef struct imr_failure {
  const char *kind; /* NULL: none */
  int sent;         /* a byte of the request may have left */
  char *message;    /* NULL: there was no memory for it */
} imr_failure;

/* The URL that was looked at last. Most requests go where the one before went. */
typedef struct imr_known_url {
  char *text;
  int secure;
} imr_known_url;

struct imr_multi {
  CURLM *handle;       /* opened by the first start */
  pid_t owner;         /* a fork copies the sockets: the child must not touch them */
  imr_transfer *first; /* those in the handle */
  int tls;             /* one of its connections may speak TLS */
  imr_sockets sockets;
  CURL *spare; /* a handle that has ended, for the next request that needs no TLS */
  imr_known_url known;
  size_t portion; /* of a body that one perform takes in */
  int closed;
};

typedef enum imr_state { IMR_NEW, IMR_RUNNING, IMR_FINISHED, IMR_TAKEN } imr_state;

struct imr_transfer {
  CURL *easy;       /* gone as soon as the outcome is known */
  imr_multi *multi; /* while it is in one */
  imr_transfer *next;
  imr_transfer *previous;
  pid_t owner;
  imr_state state;
  imr_request request;
  imr_answer answer;
  imr_failure failure;
  double sent_after; /* seconds until it left */
  char detail[CURL_ERROR_SIZE];
};

/* curl_multi.c */
void imr_multi_register(lua_State *L);
int imr_multi_new(lua_State *L);

/* curl_members.c */
CURL *imr_multi_take_handle(imr_multi *multi, int tls);
void imr_multi_return(imr_multi *multi, CURL *easy);
void imr_multi_add(imr_multi *multi, imr_transfer *transfer);
void imr_multi_remove(imr_transfer *transfer);
void imr_multi_keep(lua_State *L, imr_transfer *transfer);
void imr_multi_forget(lua_State *L, imr_transfer *transfer);

/* curl_transfer.c */
void imr_transfer_register(lua_State *L);
imr_transfer *imr_transfer_new(lua_State *L);
void imr_transfer_finish(imr_transfer *transfer, CURLcode code);
void imr_transfer_abandon(imr_transfer *transfer, const char *why);

/* curl_request.c: both return NULL, or what is wrong (a static text, or one at the top of the stack) */
const char *imr_request_read(lua_State *L, int index, imr_known_url *known, imr_transfer *transfer);
const char *imr_request_set_up(lua_State *L, int index, imr_transfer *transfer);
void imr_request_free(imr_request *request);

/* curl_address.c: the first two likewise. The third gives "host:port" of where a request went, in `place` or
   not */
const char *imr_address_check(imr_known_url *known, const char *url);
const char *imr_address_of_proxy(const char *proxy, char **place);
const char *imr_address_of_origin(CURL *easy, char place[IMR_PLACE_SIZE]);

/* curl_options.c */
CURL *imr_options_new_handle(size_t portion, imr_sockets *sockets);
CURLcode imr_options_set_trust(CURL *easy, const char *ca_file);
CURLcode imr_options_set_identity(CURL *easy, const char *cert_file, const char *key_file,
                                  const char *tls_min);
CURLcode imr_options_set_callbacks(imr_transfer *transfer);
CURLcode imr_options_set_connection(CURL *easy, int fresh, int keep);

/* curl_answer.c */
void imr_answer_init(imr_answer *answer, size_t max_body);
size_t imr_answer_on_header(char *data, size_t size, size_t count, void *answer);
size_t imr_answer_on_body(char *data, size_t size, size_t count, void *answer);
void imr_answer_resume(imr_answer *answer, CURL *easy, size_t portion);
int imr_answer_push(lua_State *L, imr_answer *answer);
void imr_answer_free(imr_answer *answer);

/* curl_sockets.c */
typedef struct imr_ends {
  const char *peer;
  const char *local;
  int peer_port;
  int local_port;
} imr_ends;

typedef enum imr_waiting { IMR_WAITING_NOTHING, IMR_WAITING_BYTES, IMR_WAITING_END } imr_waiting;

CURLcode imr_sockets_set(CURL *easy, imr_sockets *sockets);
void imr_sockets_free(imr_sockets *sockets);
imr_socket *imr_sockets_find(const imr_sockets *sockets, const imr_ends *ends);
imr_waiting imr_socket_look(const imr_socket *socket);

/* curl_tls.c */
int imr_tls_may_hold_bytes(CURL *easy, int secure);
void imr_tls_keep_keys(CURL *easy);
int imr_tls_mark_errors(void);
void imr_tls_drop_errors(void);

/* curl_once.c */
#if LIBCURL_VERSION_NUM >= 0x075000 && !defined(IMR_OLD_LIBCURL)
#define IMR_ONCE_REFUSED CURLE_ABORTED_BY_CALLBACK
#define IMR_ONCE_LOOKS   1 /* libcurl asks us before a request leaves */
#else
#define IMR_ONCE_REFUSED CURLE_SEND_FAIL_REWIND
#define IMR_ONCE_LOOKS   0
#endif
CURLcode imr_once_set(imr_transfer *transfer);
int imr_once_may_have_sent(const imr_transfer *transfer);
int imr_once_has_left(const imr_transfer *transfer);

/* curl_leave.c */
void imr_leave_set(imr_request *request, double seconds);
int imr_leave_refuse(imr_request *request);

/* curl_failure.c */
void imr_failure_say(imr_failure *failure, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void imr_failure_describe(imr_transfer *transfer, CURLcode code);
void imr_failure_push(lua_State *L, const imr_transfer *transfer);

/* curl_process.c */
typedef struct imr_guard {
  int held;   /* SIGPIPE, by us: it was neither blocked nor pending before */
  int marked; /* the TLS library's queue of errors */
} imr_guard;

imr_guard imr_guard_hold(int tls);
void imr_guard_release(imr_guard guard);
void imr_stay_loaded(void);
pid_t imr_process_id(void);
int imr_is_owner(pid_t owner);
void imr_check_owner(lua_State *L, pid_t owner, const char *what);

#endif
