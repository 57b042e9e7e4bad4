/*
** draw.h
** Random numbers into tensors, wherever these are: the same bits everywhere.
** 0 after ts_fail; then the stream stays where it was.
*/

#ifndef draw_h
#define draw_h

#include "base/rand.h"
#include "graph/tensor.h"

int draw_uniform(Stream *s, Tensor *t, double lo, double hi);
int draw_normal(Stream *s, Tensor *t, double mean, double sd);
int draw_integers(Stream *s, Tensor *t, long lo, long hi);
/* t[rows], counted from 1, by weights [rows k] that are where t is */
int draw_categorical(Stream *s, Tensor *t, const Tensor *weights);

#endif
