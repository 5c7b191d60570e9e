/* To be named in LD_PRELOAD, and opened as a Lua module: memory that fails where it is told to, for libcurl
   and for what is ours around it. Lua's own memory is left alone. */
#include <dlfcn.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

static long fail_at; /* 0: never */
static long failures;
static long count;
static int hit;

/* The addresses of blocks, in a hash table that keeps them: the lowest bit says that the block is in use. */
#define ROOM 65536
static uintptr_t blocks[ROOM];
static long in_use;

static uintptr_t *place_of(const void *block) {
  uintptr_t address = (uintptr_t)block;
  size_t at = (address >> 4) * 2654435761u % ROOM;
  while (blocks[at] && (blocks[at] & ~(uintptr_t)1) != address) at = (at + 1) % ROOM;
  return &blocks[at];
}

static void *note(void *block) {
  if (block) *place_of(block) = (uintptr_t)block | 1, in_use++;
  return block;
}

static void forget(const void *block) {
  uintptr_t *place = place_of(block);
  if (!block || !(*place & 1)) return;
  *place -= 1;
  in_use--;
}

/* The C library asks for others: strdup. */
static int is_watched(void *caller) {
  Dl_info info;
  const char *name;
  if (!dladdr(caller, &info) || !info.dli_fname) return 0;
  name = strrchr(info.dli_fname, '/');
  return name && (strstr(name, "curl") || strstr(name, "libc.so"));
}

static int fails(int watched) {
  if (!fail_at || !watched) return 0;
  count++;
  if (count < fail_at || count >= fail_at + failures) return 0;
  hit = 1;
  return 1;
}

void *malloc(size_t size) {
  int watched = is_watched(__builtin_return_address(0));
  if (fails(watched)) return NULL;
  return watched ? note(__libc_malloc(size)) : __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  int watched = is_watched(__builtin_return_address(0));
  if (fails(watched)) return NULL;
  return watched ? note(__libc_calloc(number, size)) : __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  int watched = is_watched(__builtin_return_address(0));
  if (!watched) return __libc_realloc(block, size);
  if (fails(watched)) return NULL;
  forget(block);
  return note(__libc_realloc(block, size));
}

void free(void *block) {
  forget(block);
  __libc_free(block);
}

/* arm(n, failures): from the n-th allocation on so many fail */
static int arm(lua_State *L) {
  count = 0;
  hit = 0;
  failures = (long)luaL_checknumber(L, 2);
  fail_at = (long)luaL_checknumber(L, 1);
  return 0;
}

/* disarm() -> was the n-th reached? */
static int disarm(lua_State *L) {
  fail_at = 0;
  lua_pushboolean(L, hit);
  return 1;
}

/* blocks() -> how many are in use */
static int count_blocks(lua_State *L) {
  lua_pushnumber(L, (lua_Number)in_use);
  return 1;
}

int luaopen_failing_malloc(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"arm", arm}, {"disarm", disarm}, {"blocks", count_blocks}, {NULL, NULL}};
  lua_newtable(L);
  for (const luaL_Reg *entry = functions; entry->name; entry++) {
    lua_pushcfunction(L, entry->func);
    lua_setfield(L, -2, entry->name);
  }
  return 1;
}
