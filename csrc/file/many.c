/*
** many.c
** Child number k of `children` makes the files k, k + children, ... and sends
** each as a frame; the parent takes one of each child in turn. A pipe holds
** some results, so that no child waits for a slower one at once.
*/

#define _GNU_SOURCE   /* F_SETPIPE_SZ */

#include "file/many.h"

#include <fcntl.h>
#include <string.h>

#include "file/child.h"
#include "file/file.h"
#include "base/mem.h"

#define MAXCHILDREN 64
#define PIPE (1 << 20)              /* bytes; the system may allow less */
#define SHARE ((size_t)8 << 20)     /* of child_allow, for one file: 1 s */

typedef struct Share {
  const Many *many;
  int first, step;
} Share;


void *many_read(const char *path, size_t limit, size_t *size) {
  void *p = file_read(path, limit, size);
  char why[256];
  const char *said;
  if (p) return p;
  said = strstr(ts_error(), "': ");
  strncpy(why, said ? said + 3 : ts_error(), sizeof why - 1);
  why[sizeof why - 1] = '\0';
  ts_clear();
  ts_fail("%s", why);
  return NULL;
}


static int work(Child *c, void *arg) {
  const Share *s = arg;
  const Many *many = s->many;
  unsigned char *out = mem_alloc(many->size);
  long i;
  if (out == NULL) return 0;
  for (i = s->first; i < many->n; i += s->step) {
    child_allow((size_t)(i / s->step + 1) * SHARE);
    if (!many->make(many->arg, i, out)) return 0;
    child_send(c, out, many->size);
  }
  return 1;
}


int many_make(const Many *many, int children, unsigned char *out) {
  Child c[MAXCHILDREN];
  int started, k, ok = 1;
  long i;
  if (children > MAXCHILDREN) children = MAXCHILDREN;
  if (children > many->n) children = (int)many->n;
  for (started = 0; ok && started < children; started += ok) {
    Share share;
    Child new = {many->verb, many->path[started], -1, 0, many->by};
    share.many = many;
    share.first = started;
    share.step = children;
    c[started] = new;
    ok = child_start(&c[started], work, &share);
    if (ok) fcntl(c[started].fd, F_SETPIPE_SZ, PIPE);
  }
  for (i = 0; ok && i < many->n; i++) {
    Child *from = &c[i % children];
    size_t n;
    from->what = many->path[i];
    ok = child_head(from, &n) && n == many->size &&
         child_receive(from, out + (size_t)i * many->size, n);
    if (!ok) child_finish(from, 0);
    if (!ok) from->pid = 0;
  }
  for (k = 0; k < started; k++) {
    if (c[k].pid == 0) continue;
    if (!ok) child_stop(&c[k]);
    else child_finish(&c[k], 1);
  }
  return ok;
}
