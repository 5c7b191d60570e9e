/* A server of this very process, for the fuzz targets: it never waits, and answers what it is told to. */
#define _GNU_SOURCE /* NOLINT(bugprone-reserved-identifier): accept4 */
#include <arpa/inet.h>
#include <dirent.h>
#include <lauxlib.h>
#include <lua.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 16

int luaopen_server(lua_State *L);

static int listener = -1;
static int accepted[MOST];
static int count;

/* listen() -> port of the loopback interface */
static int server_listen(lua_State *L) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) || listen(listener, MOST) ||
      getsockname(listener, (struct sockaddr *)&address, &length))
    return luaL_error(L, "no socket to listen on");
  lua_pushinteger(L, ntohs(address.sin_port));
  return 1;
}

static void accept_all(void) {
  while (count < MOST) {
    int socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    accepted[count++] = socket;
  }
}

static void forget(int socket) {
  static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket);
}

/* serve(text): sends it to whoever has asked something; without a text, ends all connections */
static int server_serve(lua_State *L) {
  size_t length;
  const char *text = luaL_optlstring(L, 1, NULL, &length);
  int kept = 0;
  accept_all();
  for (int i = 0; i < count; i++) {
    char request[4096];
    ssize_t got = recv(accepted[i], request, sizeof request, 0);
    if (text && got > 0) send(accepted[i], text, length, MSG_NOSIGNAL);
    if (text && got != 0) {
      accepted[kept++] = accepted[i];
    } else {
      forget(accepted[i]);
    }
  }
  count = kept;
  return 0;
}

/* descriptors() -> how many this process has open, without the server's connections */
static int server_descriptors(lua_State *L) {
  DIR *directory = opendir("/proc/self/fd");
  int entries = 0;
  if (!directory) return 0;
  while (readdir(directory)) entries++;
  closedir(directory);
  lua_pushinteger(L, entries - 3 - count); /* "." and "..", and the directory's own */
  return 1;
}

int luaopen_server(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"listen", server_listen},
      {"serve", server_serve},
      {"descriptors", server_descriptors},
      {NULL, NULL},
  };
  luaL_newlib(L, functions);
  return 1;
}
