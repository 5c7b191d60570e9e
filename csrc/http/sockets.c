/* The sockets of a multi, each of them above the standard descriptors, and what may wait in one before a
   request goes over it. libcurl itself takes a kept connection with bytes in it for a good one, and those
   bytes for the answer to the next request. */
#define _POSIX_C_SOURCE 200809L /* NOLINT(bugprone-reserved-identifier): F_DUPFD_CLOEXEC */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"

typedef union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_storage whole;
} address;

static int make_room(imr_sockets *sockets) {
  size_t capacity = sockets->capacity ? sockets->capacity * 2 : 8;
  imr_socket *list;
  if (sockets->count < sockets->capacity) return 1;
  list = realloc(sockets->list, capacity * sizeof *list);
  if (!list) return 0;
  sockets->list = list;
  sockets->capacity = capacity;
  return 1;
}

/* In a host that has closed 0, 1 or 2 a socket of such a number would get what others print. */
static int above_standard(int descriptor) {
  int higher;
  if (descriptor < 0 || descriptor > STDERR_FILENO) return descriptor;
  higher = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close(descriptor);
  return higher;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *where) {
  imr_sockets *sockets = user;
  imr_socket opened = {CURL_SOCKET_BAD, 0};
  (void)purpose;
  if (!make_room(sockets)) return CURL_SOCKET_BAD;
  opened.descriptor = above_standard(socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol));
  if (opened.descriptor >= 0) sockets->list[sockets->count++] = opened;
  return opened.descriptor;
}

static int close_socket(void *user, curl_socket_t descriptor) {
  imr_sockets *sockets = user;
  for (size_t i = 0; i < sockets->count; i++)
    if (sockets->list[i].descriptor == descriptor) sockets->list[i--] = sockets->list[--sockets->count];
  return close(descriptor);
}

CURLcode imr_sockets_set(CURL *easy, imr_sockets *sockets) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sockets);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  if (!code) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
  return code;
}

void imr_sockets_free(imr_sockets *sockets) {
  free(sockets->list);
  memset(sockets, 0, sizeof *sockets);
}

static int is_at(const address *where, const char *ip, int port) {
  char text[INET6_ADDRSTRLEN] = "";
  int v4 = where->any.sa_family == AF_INET;
  const void *number = v4 ? (const void *)&where->v4.sin_addr : (const void *)&where->v6.sin6_addr;
  if (!v4 && where->any.sa_family != AF_INET6) return 0;
  if (port != ntohs(v4 ? where->v4.sin_port : where->v6.sin6_port)) return 0;
  return inet_ntop(where->any.sa_family, number, text, sizeof text) && strcmp(text, ip) == 0;
}

static int joins(int descriptor, const imr_ends *ends) {
  address here, there;
  socklen_t size = sizeof here;
  if (getsockname(descriptor, &here.any, &size) != 0 || !is_at(&here, ends->local, ends->local_port))
    return 0;
  size = sizeof there;
  return getpeername(descriptor, &there.any, &size) == 0 && is_at(&there, ends->peer, ends->peer_port);
}

/* libcurl tells the socket of a request that is about to leave only since 8.7: so it is known by its two
   ends. NULL also where the other side has reset the connection. */
imr_socket *imr_sockets_find(const imr_sockets *sockets, const imr_ends *ends) {
  for (size_t i = 0; i < sockets->count; i++)
    if (joins(sockets->list[i].descriptor, ends)) return &sockets->list[i];
  return NULL;
}

imr_waiting imr_socket_look(const imr_socket *socket) {
  char byte;
  ssize_t count = recv(socket->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return IMR_WAITING_BYTES;
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? IMR_WAITING_NOTHING
                                                                                  : IMR_WAITING_END;
}
