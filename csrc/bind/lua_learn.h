/*
** lua_learn.h
** What the parts of the binding of learn.h share.
*/

#ifndef lua_learn_h
#define lua_learn_h

#include "bind/lua_teasel.h"
#include "stat/learn.h"

/* room for `count` items on the Lua stack, which outlives any error */
void *ll_scratch(lua_State *L, long count, size_t size);

/* a matrix that is not empty */
Tensor *ll_matrix(lua_State *L, int i, const char *who, const char *arg);
/* the same of numbers that are all finite */
Tensor *ll_finite(lua_State *L, int i, const char *who, const char *arg);
/* the labels of `rows` items at stack index i, integers least..most, as
** scratch; *top is one more than the largest */
int *ll_labels(lua_State *L, int i, const char *who, long rows, long least,
               long most, long *top);

/* raises unless every class 0..k-1 occurs; and unless there are two */
void ll_countall(lua_State *L, const char *who, long n, const int *y, long k);
void ll_checkall(lua_State *L, const char *who, long n, const int *y, long k);

/* items[rows, cols] as a list of lists; items[n] as a list */
void ll_pushmatrix(lua_State *L, long rows, long cols, const double *items);
void ll_pushlist(lua_State *L, long n, const double *items);

/* each adds its functions to the table on top of the stack */
void ll_opendraw(lua_State *L);
void ll_openfit(lua_State *L);
void ll_openline(lua_State *L);
void ll_openmt(lua_State *L);
void ll_opentsne(lua_State *L);

#endif
