/*
** lua_teasel.h
** What the parts of the binding share. A Lua value of type tensor is a handle:
** a userdata that holds one counted reference. The order in every function:
** check all arguments (may raise), make the empty handle (pays the memory
** budget, may collect, may raise), run the core (cannot raise), fill the
** handle, raise if the core failed. So nothing is ever owned by a C local
** alone while Lua can raise.
*/

#ifndef lua_teasel_h
#define lua_teasel_h

#include <lua.h>
#include <lauxlib.h>

#include "graph/tensor.h"

/* names of types in the registry, so that two builds can live in one process */
#if defined(TS_DOUBLE)
#define LT_NAME(name) "teasel.double." name
#else
#define LT_NAME(name) "teasel." name
#endif

/* the tensor at a stack index, or NULL */
Tensor *lt_test(lua_State *L, int i);
/* its handle, or NULL; an empty one was released */
Tensor **lt_slot(lua_State *L, int i);
/* the same, or an error that names the function and the argument */
Tensor *lt_check(lua_State *L, int i, const char *who, const char *arg);

/* the same on the host: what is far is copied, for the running call */
Tensor *lt_host(lua_State *L, int i, const char *who, const char *arg);

/* pushes an empty handle */
Tensor **lt_handle(lua_State *L);
/* fills it with t and closes the scope; raises if t is NULL */
int lt_return(lua_State *L, Tensor **handle, Tensor *t, long scope);
/* the same of what was made of numbers: it goes where new tensors stand */
int lt_made(lua_State *L, Tensor **handle, Tensor *t, long scope);
/* sends there what a handle holds; to a place */
void lt_place(lua_State *L, Tensor **handle);
void lt_send(lua_State *L, Tensor **handle, const Backend *place);
/* raises what ts_fail said */
int lt_raise(lua_State *L);
/* what the core said of the function `from` was about one called `to` */
void lt_rename(const char *from, const char *to);
/* raises a message of lua_pushfstring's form. All errors of the library go
** through here, those of its Lua files too: they begin with the place where
** the library was called from, however deep inside it they are found. */
int lt_error(lua_State *L, const char *format, ...);
/* the Lua files of the library are those whose source begins with the string
** on top, which is popped */
void lt_library(lua_State *L);
/* the function on top, which is popped, is called for each error; a string
** that it returns ends the message */
void lt_context(lua_State *L);

/* raises "who: argument 'arg': got <value at i>, wanted <what>" */
int lt_wrong(lua_State *L, int i, const char *who, const char *arg,
             const char *wanted, ...) TS_PRINTF(5, 6);
/* raises "who: what: got <value at i>, wanted <wanted>" */
int lt_got(lua_State *L, int i, const char *who, const char *what,
           const char *wanted);
/* an integer in lo..hi */
long lt_integer(lua_State *L, int i, const char *who, const char *arg,
                long lo, long hi);
/* any 64 bits */
lua_Integer lt_word(lua_State *L, int i, const char *who, const char *arg);
const char *lt_string(lua_State *L, int i, const char *who, const char *arg);
/* the same with its length: it may hold zeros */
const char *lt_bytes(lua_State *L, int i, const char *who, const char *arg,
                     size_t *n);
void lt_table(lua_State *L, int i, const char *who, const char *arg);
/* how many items the list at i has, a table; raises where it has other keys,
** but for the `n` of table.pack, or items that only a metatable gives */
long lt_items(lua_State *L, int i, const char *who, const char *arg);
/* what the first argument, a userdata of that kind (LT_NAME), holds */
void *lt_self(lua_State *L, const char *kind);
/* A box is a userdata that owns a pointer of the core, NULL when empty or
** closed. Boxes are pushed empty, before there is anything to own. */
void **lt_box(lua_State *L, const char *kind);
/* the pointer in the box of that kind at i, or an error */
void *lt_boxed(lua_State *L, int i, const char *kind, const char *who,
               const char *arg);
/* a function of Lua that closes one: for __gc, __close and `close` */
#define LT_CLOSE(name, kind, drop) \
  static int name(lua_State *L) { \
    void **p = lt_self(L, kind); \
    drop(*p); \
    *p = NULL; \
    return 0; \
  }
/* what the core said was wrong, as nil and a message */
int lt_fail(lua_State *L);
double lt_number(lua_State *L, int i, const char *who, const char *arg);
double lt_finite(lua_State *L, int i, const char *who, const char *arg);
/* one whose difference from `v`, the argument `other`, is finite too */
double lt_beyond(lua_State *L, int i, const char *who, const char *arg,
                 double v, const char *other);
/* one that becomes an item of a tensor: an integer has to stay itself */
double lt_item(lua_State *L, int i, const char *who, const char *arg);
/* sizes as a list, or as the arguments from i on when `rest` */
void lt_shape(lua_State *L, int i, int rest, const char *who,
              const char *arg, Shape *s);
void lt_pushshape(lua_State *L, const Shape *s);
/* pushes an array of bytes of that shape; its bytes, to be filled, or NULL
** after ts_fail */
unsigned char *lt_newbytes(lua_State *L, const Shape *s);

/* called before memory is asked for: collects garbage when live bytes have
** grown by a quarter since the last collection, or would with n more that
** many calls are to ask for. Lua does not see the core's own. */
void lt_budget(lua_State *L);
void lt_budgetfor(lua_State *L, size_t n);
/* a userdata of n bytes without a metatable, for the length of a call */
void *lt_scratch(lua_State *L, size_t n);
/* from now on every lt_budget collects (on != 0), for `make check` */
void lt_stress(int on);

/* lua_call.c: functions whose calls hold what they read; see there */
void lt_setfuncs(lua_State *L, const luaL_Reg *list);
/* pushes one; its third upvalue is the pointer `bound` */
void lt_function(lua_State *L, const char *name, lua_CFunction f);
void lt_bound(lua_State *L, const char *name, lua_CFunction f,
              const void *bound);
/* the name of the function that runs, as it was registered, or NULL */
const char *lt_who(void);
/* the metatable of a kind of userdata, its own __index. What stands in the
** list as `close` (NULL: nothing does) frees what the userdata owns. */
void lt_kind(lua_State *L, const char *kind, lua_CFunction close,
             const luaL_Reg *list);
/* whether a call that is suspended by this one works on its first argument */
int lt_inuse(lua_State *L);
void lt_hold(lua_State *L, Tensor *t);  /* for the running call */
void lt_endcall(void);                  /* before an error is raised */
void lt_endcalls(void);                 /* before the library is unloaded */

/* each pushes a table of functions */
void lua_opentensor(lua_State *L);  /* constructors; upvalue-free */
void lua_openops(lua_State *L);     /* the registry, also as methods */
void lua_openregistry(lua_State *L);   /* into the table of ops */
void lua_opengrad(lua_State *L);
void lua_openoptim(lua_State *L);
void lua_openrand(lua_State *L);
void lua_openlinalg(lua_State *L);
void lua_openbytes(lua_State *L);
void lua_opensystem(lua_State *L);
void lua_openprocess(lua_State *L);
void lua_openfile(lua_State *L);
void lua_openexport(lua_State *L);  /* a function of core.file */
void lua_openarchive(lua_State *L);
void lua_openpng(lua_State *L);
void lua_openpicture(lua_State *L);
void lua_opendisk(lua_State *L);
void lua_opensprite(lua_State *L);
void lua_opendraw(lua_State *L);
void lua_openscene(lua_State *L);
void lua_openlearn(lua_State *L);
void lua_openshard(lua_State *L);
void lua_openplace(lua_State *L);
void lua_openprofile(lua_State *L); /* a function of the core */
void lt_endprofile(void);           /* forgets what was watched */

/* pushes the metatable of tensors, and the table of their methods */
void lt_metatable(lua_State *L);
void lt_methods(lua_State *L);

#endif
