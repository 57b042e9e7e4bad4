/*
** lua_core.c
** The module teasel.core: the parts of the binding in one table, and what
** the specs need to look inside. Opening it again in the same state gives
** the same types.
*/

#include "bind/lua_teasel.h"
#include "base/cpus.h"
#include "kernel/kern.h"
#include "base/pool.h"
#include "product/prod.h"

#include <cblas.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_teasel_core(lua_State *L);

extern int openblas_get_parallel(void);
extern void openblas_set_num_threads(int n);


/* memory() -> {live, peak}: bytes in the core's hands */
static int l_memory(lua_State *L) {
  lua_newtable(L);
  lua_pushinteger(L, (lua_Integer)mem_live());
  lua_setfield(L, -2, "live");
  lua_pushinteger(L, (lua_Integer)mem_peak());
  lua_setfield(L, -2, "peak");
  return 1;
}


static int l_mark(lua_State *L) {
  (void)L;
  mem_mark();
  return 0;
}


/* fail_at(n): the n-th allocation from now fails once; 0: none */
static int l_failat(lua_State *L) {
  mem_failat(lt_integer(L, 1, "fail_at", "n", 0, TS_MAXSIZE));
  return 0;
}


/* library(prefix): the library's Lua files are those whose source begins so */
static int l_library(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    lt_wrong(L, 1, "library", "prefix", "a string");
  lua_settop(L, 1);
  lt_library(L);
  return 0;
}


/* context(f): f() -> what is added to the message of an error, or nil. It must
** not call the core. */
static int l_context(lua_State *L) {
  if (lua_type(L, 1) != LUA_TFUNCTION)
    lt_wrong(L, 1, "context", "f", "a function");
  lua_settop(L, 1);
  lt_context(L);
  return 0;
}


/* fail(message): an error of the library, at the line that called it */
static int l_fail(lua_State *L) {
  if (lua_type(L, 1) != LUA_TSTRING)
    lt_wrong(L, 1, "fail", "message", "a string");
  return lt_error(L, "%s", lua_tostring(L, 1));
}


/* wrong(who, what, value, wanted): the error "who: what: got VALUE, wanted
** WANTED", in the words of the core's own errors */
static int l_wrong(lua_State *L) {
  static const char *const names[] = { "who", "what", "value", "wanted" };
  int i;
  lua_settop(L, 4);
  for (i = 1; i <= 4; i++)
    if (i != 3 && lua_type(L, i) != LUA_TSTRING)
      lt_wrong(L, i, "wrong", names[i - 1], "a string");
  return lt_got(L, 3, lua_tostring(L, 1), lua_tostring(L, 2),
                lua_tostring(L, 4));
}


/* items(who, arg, list) -> how many items a list has, see lt_items */
static int l_items(lua_State *L) {
  const char *who = lt_string(L, 1, "items", "who");
  const char *arg = lt_string(L, 2, "items", "arg");
  lt_table(L, 3, who, arg);
  lua_settop(L, 3);
  lua_pushinteger(L, lt_items(L, 3, who, arg));
  return 1;
}


static int l_stress(lua_State *L) {
  if (lua_type(L, 1) != LUA_TBOOLEAN)
    lt_wrong(L, 1, "stress", "on", "true or false");
  lt_stress(lua_toboolean(L, 1));
  return 0;
}


/* threads([n]) -> how many threads work; with n sets it first */
static int l_threads(lua_State *L) {
  if (!lua_isnoneornil(L, 1)) {
    int n = (int)lt_integer(L, 1, "threads", "n", 1, 64);
    if (n > 1 && openblas_get_parallel() == 0)
      lt_error(L, "threads: got %d, wanted 1: this OpenBLAS is the serial "
               "build, which is not safe with more (Debian: "
               "libopenblas0-pthread)", n);
    pool_setthreads(n);
  }
  lua_pushinteger(L, pool_threads());
  return 1;
}


/* processors([root]) -> how many this process may use; see cpus.h */
static int l_processors(lua_State *L) {
  const char *root = "";
  if (!lua_isnoneornil(L, 1)) root = lt_string(L, 1, "processors", "root");
  lua_pushinteger(L, cpus_usable(root));
  return 1;
}


/* kernels([level]) -> their name; with a level (1, 3, 4; 0: the best) sets
** it first */
static int l_kernels(lua_State *L) {
  if (!lua_isnoneornil(L, 1)) {
    int level = (int)lt_integer(L, 1, "kernels", "level", 0, 4);
    kern_open(level);
    prod_setlevel(level ? level : 4);
  }
  lua_pushstring(L, kern->name);
  return 1;
}


/* precision([name [, with]]) -> "bf16", the instructions, or "fp32": what
** operands of products are rounded to (fp32: nothing); with a name sets it
** first, and for bf16 which instructions, of prod_precision's */
static int l_precision(lua_State *L) {
  const char *with;
  if (!lua_isnoneornil(L, 1)) {
    static const char *const names[] = { "fp32", "bf16" };
    int half = 0;
    while (half < 2 && (lua_type(L, 1) != LUA_TSTRING ||
                        strcmp(lua_tostring(L, 1), names[half]) != 0))
      half++;
    if (half == 2) lt_wrong(L, 1, "precision", "name", "fp32 or bf16");
    if (!lua_isnoneornil(L, 2) && (!half || lua_type(L, 2) != LUA_TSTRING))
      lt_wrong(L, 2, "precision", "with", half ? "the name of instructions"
                                               : "nothing with fp32");
    if (!prod_setprecision(half, half ? lua_tostring(L, 2) : NULL))
      return lt_raise(L);
  }
  with = prod_precision();
  lua_pushstring(L, with ? "bf16" : "fp32");
  lua_pushstring(L, with);
  return 2;
}


static const luaL_Reg functions[] = {
  {"memory", l_memory}, {"mark", l_mark}, {"fail_at", l_failat},
  {"stress", l_stress}, {"threads", l_threads}, {"kernels", l_kernels},
  {"processors", l_processors}, {"precision", l_precision},
  {"library", l_library}, {"context", l_context}, {"fail", l_fail},
  {"wrong", l_wrong}, {"items", l_items},
  {NULL, NULL}
};

static const struct { const char *name; void (*open)(lua_State *); } parts[] = {
  {"tensor", lua_opentensor}, {"op", lua_openops}, {"grad", lua_opengrad},
  {"optim", lua_openoptim}, {"rand", lua_openrand},
  {"linalg", lua_openlinalg}, {"bytes", lua_openbytes},
  {"system", lua_opensystem}, {"file", lua_openfile}, {"png", lua_openpng},
  {"process", lua_openprocess}, {"archive", lua_openarchive},
  {"sprite", lua_opensprite}, {"draw", lua_opendraw},
  {"picture", lua_openpicture}, {"disk", lua_opendisk},
  {"scene", lua_openscene},
  {"learn", lua_openlearn}, {"shard", lua_openshard},
  {"place", lua_openplace}
};


static void place_of_environment(lua_State *L) {
  const char *s = getenv("TEASEL_DEVICE");
  const Backend *place;
  if (s == NULL || *s == '\0') return;
  if (!device_find(s, "TEASEL_DEVICE", NULL, &place)) lt_raise(L);
  device_use(place);
}


static void threads_of_environment(lua_State *L) {
  const char *s = getenv("TEASEL_THREADS");
  char *end;
  long n;
  if (s == NULL || *s == '\0') return;
  n = strtol(s, &end, 10);
  if (*end != '\0' || n < 1 || n > 64)
    lt_error(L, "TEASEL_THREADS: got '%s', wanted an integer in 1..64", s);
  pool_setthreads((int)n);
}


/* Where a standard file is closed, the next one that is opened has its number,
** and what is printed goes there: into a checkpoint that is being saved. */
static void open_standard(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR); while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
}


int luaopen_teasel_core(lua_State *L) {
  size_t i;
  open_standard();
  threads_of_environment(L);
  place_of_environment(L);
  openblas_set_num_threads(1);
  if (openblas_get_parallel() == 0) pool_setthreads(1);
  if (kern->name == NULL) kern_open(0);
  lua_newtable(L);
  lt_setfuncs(L, functions);
  for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    parts[i].open(L);
    lua_setfield(L, -2, parts[i].name);
  }
  lua_getfield(L, -1, "file");
  lua_openexport(L);
  lua_setfield(L, -2, "export");
  lua_pop(L, 1);
  lua_openprofile(L);
  lua_setfield(L, -2, "profile");
  lua_pushboolean(L, sizeof(real) == sizeof(double));
  lua_setfield(L, -2, "double");
  lua_pushliteral(L, TEASEL_VERSION);
  lua_setfield(L, -2, "version");
  return 1;
}


/* runs when the library is unloaded, after every finalizer of the state */
__attribute__((destructor)) static void at_unload(void) {
  pool_stop();
  lt_endcalls();
  lt_endprofile();
  mem_trim();
  if (getenv("TEASEL_LIVE"))
    fprintf(stderr, "teasel: %zu bytes live at exit\n", mem_live());
}
