/*
** zmq.c
** The wire of a notebook's kernel: Jupyter's five sockets over libzmq, a
** module of its own, teasel.zmq, which is built where libzmq is. A message
** that leaves is signed, and one that comes in without the right signature is
** never seen by Lua. The heartbeat has a thread of its own, so that it goes on
** while Lua is at work; it also ends a process whose parent is gone. What C
** and child processes print is kept in a file without a name, for whoever
** reads it between two messages: it can never fill up and block.
** Threads that are not Lua's see no signals: Ctrl-C is for the main one.
*/

#define _GNU_SOURCE   /* memfd_create */

#include <lua.h>
#include <lauxlib.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zmq.h>

#include "file/sha256.h"

#define WIRE "teasel.zmq"
#define KEY_ROOM 64           /* a block of SHA-256 */
#define LARGEST (1L << 28)    /* bytes of a frame */
#define MOST 64               /* frames in front of the delimiter, or behind */
#define PARTS 4               /* header, parent, metadata, content */
#define PATIENCE 10           /* seconds from SIGTERM to the end */
#define KEPT (1 << 20)        /* bytes of output after which room is freed */

static const char delimiter[] = "<IDS|MSG>";

enum { SHELL, CONTROL, STDIN, IOPUB, SOCKETS };
static const char *const names[] = {"shell", "control", "stdin", "iopub",
                                    NULL};
static const int kinds[] = {ZMQ_ROUTER, ZMQ_ROUTER, ZMQ_ROUTER, ZMQ_PUB};

typedef struct Wire {
  void *context, *socket[SOCKETS], *heart;
  zmq_msg_t message;
  unsigned char inner[KEY_ROOM], outer[KEY_ROOM];   /* of HMAC */
  int is_signed, beats;
  pid_t parent;               /* 0: not watched */
  pthread_t thread;
} Wire;

/* what was printed to file descriptors 1 and 2, once it is caught */
static struct { int fd; off_t seen; } output[2] = {{-1, 0}, {-1, 0}};
static int complaints = 2;   /* the stderr of before */


static Wire *check_wire(lua_State *L) {
  Wire *w = luaL_checkudata(L, 1, WIRE);
  if (w->context == NULL) luaL_error(L, "zmq: the wire is closed");
  return w;
}


/* -- signatures (HMAC, RFC 2104) ----------------------------------------- */

static void set_key(Wire *w, const char *key, size_t n) {
  unsigned char block[KEY_ROOM] = {0};
  int i;
  w->is_signed = n > 0;
  if (n > KEY_ROOM) sha256_of(key, n, block);
  else memcpy(block, key, n);
  for (i = 0; i < KEY_ROOM; i++) {
    w->inner[i] = block[i] ^ 0x36;
    w->outer[i] = block[i] ^ 0x5c;
  }
}


/* the signature of the strings at stack places `first` and behind */
static void sign(lua_State *L, const Wire *w, int first, char hex[65]) {
  unsigned char digest[32];
  Sha256 s;
  int i;
  sha256_start(&s);
  sha256_add(&s, w->inner, KEY_ROOM);
  for (i = first; i < first + PARTS; i++) {
    size_t n;
    const char *part = lua_tolstring(L, i, &n);
    sha256_add(&s, part, n);
  }
  sha256_end(&s, digest);
  sha256_start(&s);
  sha256_add(&s, w->outer, KEY_ROOM);
  sha256_add(&s, digest, sizeof digest);
  sha256_end(&s, digest);
  sha256_hex(digest, hex);
}


/* takes the same time wherever they differ */
static int same(const char *a, const char *b, size_t n) {
  unsigned char apart = 0;
  size_t i;
  for (i = 0; i < n; i++) apart |= (unsigned char)(a[i] ^ b[i]);
  return apart == 0;
}


/* -- the heartbeat ------------------------------------------------------- */

/* gives back what came; 0 once the context ends */
static int echo(void *socket) {
  int more = 1, ok = 1;
  while (more && ok) {
    zmq_msg_t m;
    zmq_msg_init(&m);
    ok = zmq_msg_recv(&m, socket, 0) >= 0;
    more = ok && zmq_msg_more(&m);
    ok = ok && zmq_msg_send(&m, socket, more ? ZMQ_SNDMORE : 0) >= 0;
    zmq_msg_close(&m);
  }
  return ok || errno != ETERM;
}


static void *beat(void *wire) {
  Wire *w = wire;
  int alone = 0;
  for (;;) {
    zmq_pollitem_t item = {NULL, 0, ZMQ_POLLIN, 0};
    item.socket = w->heart;
    if (zmq_poll(&item, 1, 1000) < 0 && errno == ETERM) break;
    if (item.revents && !echo(w->heart)) break;
    if (w->parent && getppid() != w->parent) {
      if (alone++ == 0) kill(getpid(), SIGTERM);
      if (alone > PATIENCE) _exit(1);
    }
  }
  zmq_close(w->heart);
  return NULL;
}


/* -- to open and close --------------------------------------------------- */

static int close_wire(Wire *w) {
  int i;
  if (w->context == NULL) return 0;
  for (i = 0; i < SOCKETS; i++)
    if (w->socket[i]) zmq_close(w->socket[i]);
  zmq_ctx_shutdown(w->context);
  if (w->beats) pthread_join(w->thread, NULL);
  else if (w->heart) zmq_close(w->heart);
  zmq_msg_close(&w->message);
  zmq_ctx_term(w->context);
  w->context = NULL;
  return 0;
}


static int l_close(lua_State *L) {
  return close_wire(luaL_checkudata(L, 1, WIRE));
}


static void *bind_one(lua_State *L, Wire *w, int kind, const char *name) {
  int linger = 1000, handover = 1, queue = 0;   /* 0: nothing is dropped */
  int64_t largest = LARGEST;
  void *socket = zmq_socket(w->context, kind);
  const char *address;
  lua_getfield(L, 1, name);
  address = lua_tostring(L, -1);
  if (socket == NULL) return NULL;
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue);
  zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
  if (kind == ZMQ_ROUTER)
    zmq_setsockopt(socket, ZMQ_ROUTER_HANDOVER, &handover, sizeof handover);
  if (address && zmq_bind(socket, address) == 0) return socket;
  zmq_close(socket);
  return NULL;
}


/* which socket could not be bound, or NULL */
static const char *bind_all(lua_State *L, Wire *w) {
  int i;
  for (i = 0; i < SOCKETS; i++) {
    w->socket[i] = bind_one(L, w, kinds[i], names[i]);
    if (w->socket[i] == NULL) return names[i];
  }
  w->heart = bind_one(L, w, ZMQ_REP, "hb");
  return w->heart ? NULL : "hb";
}


/* open{shell =, control =, stdin =, iopub =, hb =, key =, parent =} -> a wire;
** nil, message where an address cannot be bound. The first five are addresses
** like "tcp://127.0.0.1:5555"; key: "" for no signatures; parent: the process
** whose end is ours, 0 for none. */
static int l_open(lua_State *L) {
  const char *key, *bad;
  size_t n;
  int why;
  sigset_t all, before;
  Wire *w;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_getfield(L, 1, "key");
  key = luaL_checklstring(L, -1, &n);
  lua_getfield(L, 1, "parent");
  w = lua_newuserdatauv(L, sizeof *w, 0);
  memset(w, 0, sizeof *w);
  luaL_setmetatable(L, WIRE);
  set_key(w, key, n);
  w->parent = (pid_t)luaL_checkinteger(L, -2);
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  w->context = zmq_ctx_new();
  if (w->context) zmq_msg_init(&w->message);
  bad = w->context ? bind_all(L, w) : "context";
  if (!bad) {
    w->beats = pthread_create(&w->thread, NULL, beat, w) == 0;
    if (!w->beats) bad = "heartbeat";
  }
  why = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (bad) {
    close_wire(w);
    lua_pushnil(L);
    lua_pushfstring(L, "zmq: %s: %s", bad, zmq_strerror(why));
    return 2;
  }
  lua_pushvalue(L, 4);
  return 1;
}


/* -- messages ------------------------------------------------------------ */

/* pushes one frame; 0 where none comes */
static int frame(lua_State *L, Wire *w, void *socket) {
  if (zmq_msg_recv(&w->message, socket, ZMQ_DONTWAIT) < 0) return 0;
  lua_pushlstring(L, zmq_msg_data(&w->message), zmq_msg_size(&w->message));
  return 1;
}


static int is_delimiter(lua_State *L) {
  size_t n;
  const char *s = lua_tolstring(L, -1, &n);
  return n == sizeof delimiter - 1 && memcmp(s, delimiter, n) == 0;
}


/* The frames of one message are pushed: how many there are, and in *at the
** number of the delimiter, 0 for none. Those beyond what a message may have
** are read and left out. */
static int frames(lua_State *L, Wire *w, void *socket, int *at) {
  int n = 0, more = 1;
  *at = 0;
  while (more && frame(L, w, socket)) {
    more = zmq_msg_more(&w->message);
    if (n == 2 * MOST) lua_pop(L, 1);
    else {
      n++;
      if (*at == 0 && is_delimiter(L)) *at = n;
    }
  }
  return n;
}


/* receive(milliseconds [, name]) -> name, ids, header, parent, metadata,
** content: the next message to control or shell, or to the socket of that
** name; ids a list of the frames to answer to. nil after that time, or at a
** signal. false, reason for a message that is none. */
static int l_receive(lua_State *L) {
  Wire *w = check_wire(L);
  long wait = (long)luaL_checkinteger(L, 2);
  int one = luaL_checkoption(L, 3, "shell", names), n, at, i, top, which;
  zmq_pollitem_t items[2] = {{NULL, 0, ZMQ_POLLIN, 0},
                             {NULL, 0, ZMQ_POLLIN, 0}};
  const char *signature;
  char hex[65];
  items[0].socket = w->socket[CONTROL];
  items[1].socket = w->socket[one];
  if (zmq_poll(items, one == CONTROL ? 1 : 2, wait) <= 0) return 0;
  which = items[0].revents ? CONTROL : one;
  luaL_checkstack(L, 2 * MOST + LUA_MINSTACK, NULL);
  top = lua_gettop(L);
  n = frames(L, w, w->socket[which], &at);
  if (at == 0 || at > MOST || n < at + 1 + PARTS) {
    lua_pushboolean(L, 0);
    lua_pushliteral(L, "frames are missing");
    return 2;
  }
  at += top;   /* the place of the delimiter */
  sign(L, w, at + 2, hex);
  signature = lua_tostring(L, at + 1);
  if (w->is_signed && (lua_rawlen(L, at + 1) != 64 ||
                       !same(signature, hex, 64))) {
    lua_pushboolean(L, 0);
    lua_pushliteral(L, "the signature is wrong");
    return 2;
  }
  lua_pushstring(L, names[which]);
  lua_createtable(L, at - top - 1, 0);
  for (i = top + 1; i < at; i++) {
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, i - top);
  }
  for (i = 0; i < PARTS; i++) lua_pushvalue(L, at + 2 + i);
  return 2 + PARTS;
}


static int put(void *socket, const char *s, size_t n, int more) {
  return zmq_send(socket, s, n, more ? ZMQ_SNDMORE : 0) >= 0;
}


/* send(name, ids, header, parent, metadata, content) */
static int l_send(lua_State *L) {
  Wire *w = check_wire(L);
  void *socket = w->socket[luaL_checkoption(L, 2, NULL, names)];
  char hex[65] = "";
  int i, count, ok = 1;
  luaL_checktype(L, 3, LUA_TTABLE);
  for (i = 4; i < 4 + PARTS; i++) luaL_checkstring(L, i);
  count = (int)lua_rawlen(L, 3);
  if (w->is_signed) sign(L, w, 4, hex);
  for (i = 1; i <= count && ok; i++) {
    size_t n;
    const char *s;
    lua_rawgeti(L, 3, i);
    s = lua_tolstring(L, -1, &n);
    ok = s && put(socket, s, n, 1);
    lua_pop(L, 1);
  }
  ok = ok && put(socket, delimiter, sizeof delimiter - 1, 1);
  ok = ok && put(socket, hex, strlen(hex), 1);
  for (i = 4; i < 4 + PARTS && ok; i++) {
    size_t n;
    const char *s = lua_tolstring(L, i, &n);
    ok = put(socket, s, n, i < 3 + PARTS);
  }
  lua_pushboolean(L, ok);
  return 1;
}


/* -- what others print --------------------------------------------------- */

/* complain(text): to the stderr that the process began with */
static int l_complain(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  if (write(complaints, s, n) < 0) return 0;   /* nobody is left to be told */
  return 0;
}


/* capture(): from now on what is printed to file descriptors 1 and 2, by C or
** a child process, waits for captured */
static int l_capture(lua_State *L) {
  int i;
  if (complaints == 2) complaints = fcntl(2, F_DUPFD_CLOEXEC, 3);
  for (i = 0; i < 2; i++) {
    if (output[i].fd >= 0) continue;
    fflush(i == 0 ? stdout : stderr);
    output[i].fd = memfd_create("output", MFD_CLOEXEC);
    if (output[i].fd < 0 || dup2(output[i].fd, i + 1) < 0)
      return luaL_error(L, "capture: %s", strerror(errno));
  }
  return 0;
}


/* pushes what was printed since the last time */
static void unseen(lua_State *L, int i) {
  luaL_Buffer b;
  ssize_t n = 0;
  luaL_buffinit(L, &b);
  do {
    char *p = luaL_prepbuffer(&b);
    n = pread(output[i].fd, p, LUAL_BUFFERSIZE, output[i].seen);
    if (n > 0) {
      luaL_addsize(&b, (size_t)n);
      output[i].seen += n;
    }
  } while (n > 0);
  luaL_pushresult(&b);
  if (output[i].seen > KEPT && lseek(output[i].fd, 0, SEEK_END) ==
      output[i].seen && ftruncate(output[i].fd, 0) == 0) {
    lseek(output[i].fd, 0, SEEK_SET);
    output[i].seen = 0;
  }
}


/* captured() -> what was printed to 1, to 2 since the last call */
static int l_captured(lua_State *L) {
  fflush(NULL);
  unseen(L, 0);
  unseen(L, 1);
  return 2;
}


static const luaL_Reg methods[] = {
  {"receive", l_receive}, {"send", l_send}, {"close", l_close}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"open", l_open}, {"capture", l_capture}, {"captured", l_captured},
  {"complain", l_complain}, {NULL, NULL}
};


int luaopen_teasel_zmq(lua_State *L);

int luaopen_teasel_zmq(lua_State *L) {
  luaL_newmetatable(L, WIRE);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, l_close);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
