/*
** child.h
** Work that a hostile file may crash, in a child process: it has limits on
** memory and time and sends what it finds through a pipe. Whatever happens to
** the child, the parent gets data or a message. The parent believes none of
** it unchecked.
*/

#ifndef child_h
#define child_h

#include <stddef.h>
#include <sys/types.h>

#include "base/mem.h"

typedef struct Child {
  const char *verb, *what;   /* "import", a path: for messages */
  int fd;                    /* the end of the pipe that is ours */
  pid_t pid;
  const char *by;            /* what may crash: for messages; NULL: HDF5 */
} Child;

/* Starts work(c, arg) in a child, which ends when that returns: 0 after
** ts_fail. It sends frames: a number of bytes, and so many. 0 after ts_fail;
** a child that was started has to be given to child_finish. */
int child_start(Child *c, int (*work)(Child *c, void *arg), void *arg);

/* in the child */
void child_send(Child *c, const void *data, size_t n);   /* a frame */
void child_allow(size_t bytes);   /* time to read so many more */

/* In the parent: the size of the next frame, then its bytes. 0 when nothing
** more comes; *n is 0 where no size came. */
int child_head(Child *c, size_t *n);
int child_receive(Child *c, void *data, size_t n);

/* ends the child, and tells by ts_fail how it went if that is why !ok */
void child_finish(Child *c, int ok);
/* ends it without a word */
void child_stop(Child *c);

#endif
