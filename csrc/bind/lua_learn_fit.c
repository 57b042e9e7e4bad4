/*
** lua_learn_fit.c
** Classifiers as Lua values.
*/

#include "bind/lua_learn.h"

#define LOGISTIC LT_NAME("logistic model")
#define BOOST LT_NAME("boosted model")


/* logistic(x [n d], y [n] [, C]) -> a model; y are classes from 0 and all of
** them occur */
static int l_logistic(lua_State *L) {
  Tensor *x = ll_matrix(L, 1, "logistic", "x");
  double C = lua_isnoneornil(L, 3) ? 1 : lt_number(L, 3, "logistic", "C");
  long n = x->shape.dim[0], k;
  int *y;
  void **m;
  if (!(C > 0 && C <= 1e12))
    lt_wrong(L, 3, "logistic", "C", "a number above 0, up to 1e12");
  y = ll_labels(L, 2, "logistic", n, 0, 1 << 20, &k);
  ll_checkall(L, "logistic", n, y, k);
  m = lt_box(L, LOGISTIC);
  *m = learn_logistic(n, x->shape.dim[1], x->data, y, k, C);
  return *m ? 1 : lt_raise(L);
}


static Logistic *check_logistic(lua_State *L, const char *who) {
  return lt_boxed(L, 1, LOGISTIC, who, "model");
}


static Tensor *check_items(lua_State *L, const char *who, const Logistic *m) {
  Tensor *x = ll_finite(L, 2, who, "x");
  if (x->shape.dim[1] != m->d) lt_wrong(L, 2, who, "x", "%ld columns", m->d);
  return x;
}


/* the probabilities of x's items as scratch */
static double *proba(lua_State *L, const Logistic *m, const Tensor *x) {
  double *p;
  lt_budget(L);
  p = ll_scratch(L, x->shape.dim[0] * m->k, sizeof *p);
  if (!learn_proba(m, x->shape.dim[0], x->data, p)) lt_raise(L);
  return p;
}


/* m:proba(x [n d]) -> [n k] */
static int logistic_proba(lua_State *L) {
  Logistic *m = check_logistic(L, "proba");
  Tensor *x = check_items(L, "proba", m), **h, *t;
  Shape s = x->shape;
  double *p = proba(L, m, x);
  long i, mark;
  s.dim[1] = m->k;
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&s);
  if (t)
    for (i = 0; i < t->size; i++) t->data[i] = (real)p[i];
  return lt_made(L, h, t, mark);
}


/* m:predict(x [n d]) -> [n], the most probable class, the first of equals */
static int logistic_predict(lua_State *L) {
  Logistic *m = check_logistic(L, "predict");
  Tensor *x = check_items(L, "predict", m), **h, *t;
  Shape s = {1, {0}};
  double *p = proba(L, m, x);
  long i, c, mark;
  s.dim[0] = x->shape.dim[0];
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&s);
  if (t)
    for (i = 0; i < t->size; i++) {
      long best = 0;
      for (c = 1; c < m->k; c++)
        if (p[i * m->k + c] > p[i * m->k + best]) best = c;
      t->data[i] = (real)best;
    }
  return lt_made(L, h, t, mark);
}


/* m:auc(x [n d], y [n]) -> a list: of each class against all others; -1 in y
** is no class of the model */
static int logistic_auc(lua_State *L) {
  Logistic *m = check_logistic(L, "auc");
  Tensor *x = check_items(L, "auc", m);
  long n = x->shape.dim[0], top;
  int *y = ll_labels(L, 3, "auc", n, -1, m->k - 1, &top);
  double *p = proba(L, m, x), *out = ll_scratch(L, m->k, sizeof *out);
  if (!learn_auc(n, m->k, p, y, out)) return lt_raise(L);
  ll_pushlist(L, m->k, out);
  return 1;
}


/* m:weights() -> a list for each class, the intercept last */
static int logistic_weights(lua_State *L) {
  Logistic *m = check_logistic(L, "weights");
  ll_pushmatrix(L, m->k, m->d + 1, m->w);
  return 1;
}


/* m:fit() -> the objective's value, its gradient's largest entry, steps */
static int logistic_fit(lua_State *L) {
  Logistic *m = check_logistic(L, "fit");
  lua_pushnumber(L, m->loss);
  lua_pushnumber(L, m->slope);
  lua_pushinteger(L, m->steps);
  return 3;
}


LT_CLOSE(logistic_gc, LOGISTIC, learn_droplogistic)


/* boost(x [n d], y [n] [, seed [, stages]]) -> a model: gradient boosted
** trees; y are classes from 0 and all of them occur */
static int l_boost(lua_State *L) {
  Tensor *x = ll_matrix(L, 1, "boost", "x");
  lua_Integer seed = lua_isnoneornil(L, 3) ? 0
    : lt_word(L, 3, "boost", "seed");
  long n = x->shape.dim[0], k;
  long stages = lua_isnoneornil(L, 4) ? 100
                : lt_integer(L, 4, "boost", "stages", 1, 1 << 16);
  int *y = ll_labels(L, 2, "boost", n, 0, 1 << 20, &k);
  void **m;
  if (k > LEARN_MAXCLASSES)
    lt_wrong(L, 2, "boost", "y", "at most %d classes (continuous values have "
             "to be binned first)", LEARN_MAXCLASSES);
  ll_checkall(L, "boost", n, y, k);
  m = lt_box(L, BOOST);
  *m = learn_boost(n, x->shape.dim[1], x->data, y, k, stages, (uint64_t)seed);
  return *m ? 1 : lt_raise(L);
}


static Boosted *check_boost(lua_State *L, const char *who) {
  return lt_boxed(L, 1, BOOST, who, "model");
}


/* the scores of x's items, at stack index 2, as scratch */
static double *scores(lua_State *L, const char *who, const Boosted *m,
                      long *n) {
  Tensor *x = ll_finite(L, 2, who, "x");
  double *p;
  *n = x->shape.dim[0];
  if (x->shape.dim[1] != m->d) lt_wrong(L, 2, who, "x", "%ld columns", m->d);
  lt_budget(L);
  p = ll_scratch(L, *n * m->columns, sizeof *p);
  learn_scores(m, *n, x->data, p);
  return p;
}


/* m:scores(x [n d]) -> a list for each item: a score for each class, or one
** alone of two classes */
static int boost_scores(lua_State *L) {
  Boosted *m = check_boost(L, "scores");
  long n;
  double *p = scores(L, "scores", m, &n);
  ll_pushmatrix(L, n, m->columns, p);
  return 1;
}


static long highest(const double *p, long columns) {
  long best = 0, c;
  if (columns == 1) return p[0] > 0;
  for (c = 1; c < columns; c++)
    if (p[c] > p[best]) best = c;
  return best;
}


/* m:predict(x [n d]) -> [n], the class of the highest score */
static int boost_predict(lua_State *L) {
  Boosted *m = check_boost(L, "predict");
  Tensor **h, *t;
  Shape s = {1, {0}};
  double *p = scores(L, "predict", m, &s.dim[0]);
  long i, mark;
  h = lt_handle(L);
  mark = scope_open();
  t = tensor_new(&s);
  if (t)
    for (i = 0; i < t->size; i++)
      t->data[i] = (real)highest(p + i * m->columns, m->columns);
  return lt_made(L, h, t, mark);
}


/* m:importance() -> two lists, a number for each column: its share of the
** decrease of squares in all trees; and the mean of that over single trees */
static int boost_importance(lua_State *L) {
  Boosted *m = check_boost(L, "importance");
  ll_pushlist(L, m->d, m->importance);
  ll_pushlist(L, m->d, m->share);
  return 2;
}


/* m:accuracy() -> the share of the items learned from that it predicts */
static int boost_accuracy(lua_State *L) {
  lua_pushnumber(L, check_boost(L, "accuracy")->accuracy);
  return 1;
}


LT_CLOSE(boost_gc, BOOST, learn_dropboost)


static const luaL_Reg logistic_methods[] = {
  {"proba", logistic_proba}, {"predict", logistic_predict},
  {"auc", logistic_auc}, {"weights", logistic_weights}, {"fit", logistic_fit},
  {"__gc", logistic_gc}, {"__close", logistic_gc}, {NULL, NULL}
};

static const luaL_Reg boost_methods[] = {
  {"scores", boost_scores}, {"predict", boost_predict},
  {"importance", boost_importance}, {"accuracy", boost_accuracy},
  {"__gc", boost_gc},
  {"__close", boost_gc}, {NULL, NULL}
};

static const luaL_Reg functions[] = {
  {"logistic", l_logistic}, {"boost", l_boost}, {NULL, NULL}
};


void ll_openfit(lua_State *L) {
  lt_kind(L, LOGISTIC, logistic_gc, logistic_methods);
  lt_kind(L, BOOST, boost_gc, boost_methods);
  lt_setfuncs(L, functions);
}
