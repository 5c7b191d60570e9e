/* What a program needs from its terminal: is there one, how wide is it, and a password typed without echo. */
#define _GNU_SOURCE /* TIOCGWINSZ, explicit_bzero */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "file/open.h"
#include "os/os.h"
#include "os/signals.h"

#define LONGEST_LINE 1024
#define LOOK         100 /* milliseconds between two looks for a signal */

/*** Is this descriptor a terminal?
@function is_terminal
@tparam integer descriptor
@treturn boolean */
static int is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

/*** How many columns the terminal has.
@function terminal_columns
@tparam integer descriptor
@treturn integer|nil nil where it is no terminal or does not say */
static int terminal_columns(lua_State *L) {
  struct winsize size = {0};
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  imr_push_integer(L, size.ws_col);
  return 1;
}

/*** Has whoever reads from this descriptor gone?
@function is_hung_up
@tparam integer descriptor
@treturn boolean */
static int is_hung_up(lua_State *L) {
  struct pollfd look = {.fd = (int)luaL_checkinteger(L, 1), .events = 0};
  lua_pushboolean(L, poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP)) != 0);
  return 1;
}

/* Waits until there is something to read; -1 once a signal is caught. In short waits: a signal that comes
 * right before a long one would not end it. */
static int await_input(int fd) {
  struct pollfd look = {.fd = fd, .events = POLLIN};
  int found = 0;
  while (found == 0 || (found < 0 && errno == EINTR)) {
    if (imr_signal_caught()) return -1;
    found = poll(&look, 1, LOOK);
  }
  return found > 0 ? 0 : -1;
}

/* A line without its end; -1 with errno, also once a signal is caught. */
static ssize_t read_line(int fd, char *line, size_t size) {
  size_t length = 0;
  while (length < size) {
    ssize_t got = await_input(fd) == 0 ? read(fd, line + length, 1) : -1;
    if (got < 0 && errno == EINTR && !imr_signal_caught()) continue;
    if (got < 0 || imr_signal_caught()) return -1;
    if (got == 0 || line[length] == '\n') break;
    length++;
  }
  return (ssize_t)length;
}

/* Ctrl-Z would leave the shell with an echo that is off: it is an ordinary character for as long as this
 * asks. */
static ssize_t ask_quietly(int fd, const char *prompt, size_t length, char *line, size_t size) {
  struct termios before, quiet;
  if (tcgetattr(fd, &before) != 0) return -1;
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
  quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
  if (tcsetattr(fd, TCSAFLUSH, &quiet) != 0) return -1;
  ssize_t got = write(fd, prompt, length) < 0 ? -1 : read_line(fd, line, size);
  int error = errno;
  tcsetattr(fd, TCSAFLUSH, &before);
  if (write(fd, "\n", 1) < 0) error = error ? error : errno;
  errno = error;
  return got;
}

static ssize_t ask_openly(int fd, const char *prompt, size_t length, char *line, size_t size) {
  return write(fd, prompt, length) < 0 ? -1 : read_line(fd, line, size);
}

typedef ssize_t (*asking)(int fd, const char *prompt, size_t length, char *line, size_t size);

static int ask(lua_State *L, asking how) {
  size_t length;
  const char *prompt = luaL_checklstring(L, 1, &length);
  char line[LONGEST_LINE];
  int fd = imr_open_file("/dev/tty", O_RDWR | O_NOCTTY, 0);
  if (fd < 0) {
    lua_pushnil(L);
    lua_pushliteral(L, "there is no terminal to ask at");
    return 2;
  }
  imr_catch_signals();
  ssize_t got = how(fd, prompt, length, line, sizeof line);
  int error = errno;
  close(fd);
  if (got >= 0)
    lua_pushlstring(L, line, (size_t)got);
  else
    lua_pushnil(L);
  explicit_bzero(line, sizeof line);
  if (got >= 0) return 1;
  lua_pushstring(L, imr_signal_caught() ? "interrupted" : strerror(error));
  return 2;
}

/*** Asks at the terminal for what nobody may see. The echo comes back whatever happens, signals included:
they are caught from here on.
@function ask_secret
@tparam string prompt
@treturn string|nil
@treturn string|nil what went wrong */
static int ask_secret(lua_State *L) { return ask(L, ask_quietly); }

/*** Asks at the terminal for a line. Signals are caught from here on, and end it.
@function ask_line
@tparam string prompt
@treturn string|nil
@treturn string|nil what went wrong */
static int ask_line(lua_State *L) { return ask(L, ask_openly); }

void imr_open_terminal(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"is_terminal", is_terminal}, {"terminal_columns", terminal_columns},
      {"is_hung_up", is_hung_up},   {"ask_secret", ask_secret},
      {"ask_line", ask_line},       {NULL, NULL},
  };
  luaL_setfuncs(L, functions, 0);
}
