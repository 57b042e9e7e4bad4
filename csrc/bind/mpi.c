/*
** mpi.c
** teasel.mpi: processes that mpirun or srun has started, as ranks that share
** the shards of a batch (base/shard.h). MPI moves bytes here and, unless
** it is asked to, adds up nothing: the order of additions is the core's, so
** the bits are the same under any MPI. A module of its own, built where mpicc
** is, and loaded only where a launcher says that there are ranks. Errors are
** raised; what fails between ranks is told to the core, which raises it.
*/

#include <lua.h>
#include <lauxlib.h>

#include <mpi.h>
#include <stdlib.h>
#include <time.h>

#include "base/shard.h"

#define LOOKOUT 50000L   /* ns */
#define NAP 20000L

int luaopen_teasel_mpi(lua_State *L);

static int ranks;    /* how many there are */


/* Waits as the core's threads do: it looks out for as long as the bytes should
** take, and then sleeps between looks, so that a machine's processors are left
** to those that work. (MPI's own waiting never sleeps.) */
static int await(MPI_Request *request, long bytes) {
  struct timespec now, nap = {0, NAP};
  long end = 0, t;
  int done = 0;
  for (;;) {
    if (MPI_Test(request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return 0;
    if (done) return 1;
    clock_gettime(CLOCK_MONOTONIC, &now);
    t = now.tv_sec * 1000000000L + now.tv_nsec;
    if (end == 0) end = t + LOOKOUT + bytes;   /* at 1 GB/s */
    if (t > end) nanosleep(&nap, NULL);
  }
}


static int exchange(const void *out, const int *n, const int *at, void *in,
                    const int *n_in, const int *at_in) {
  MPI_Request request;
  int last = ranks - 1;
  return MPI_Ialltoallv(out, n, at, MPI_BYTE, in, n_in, at_in, MPI_BYTE,
                        MPI_COMM_WORLD, &request) == MPI_SUCCESS &&
         await(&request, at_in[last] + n_in[last]);
}


static int gather(const void *out, int n, void *in, const int *n_in,
                  const int *at_in) {
  MPI_Request request;
  int last = ranks - 1;
  return MPI_Iallgatherv(out, n, MPI_BYTE, in, n_in, at_in, MPI_BYTE,
                         MPI_COMM_WORLD, &request) == MPI_SUCCESS &&
         await(&request, at_in[last] + n_in[last]);
}


static int add(void *x, int n, int bytes) {
  MPI_Request request;
  MPI_Datatype type = bytes == (int)sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;
  return MPI_Iallreduce(MPI_IN_PLACE, x, n, type, MPI_SUM, MPI_COMM_WORLD,
                        &request) == MPI_SUCCESS &&
         await(&request, (long)n * bytes);
}


/* begin(rank, size) -> the link, a light userdata, and whether another thread
** may call it in the place of this one; rank and size are what the launcher
** said, and an error where MPI says something else */
static int l_begin(lua_State *L) {
  lua_Integer rank = luaL_checkinteger(L, 1), size = luaL_checkinteger(L, 2);
  static ShardLink link = {exchange, gather, add};
  int level, own;
  setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level) != MPI_SUCCESS)
    return luaL_error(L, "ranks: MPI did not begin");
  MPI_Comm_rank(MPI_COMM_WORLD, &own);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (own != rank || ranks != size)
    return luaL_error(L, "ranks: the launcher says rank %d of %d, MPI says %d "
                      "of %d: teasel/mpi.so is of another MPI than mpirun "
                      "(with srun, see its option --mpi)", (int)rank,
                      (int)size, own, ranks);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  lua_pushlightuserdata(L, &link);
  lua_pushboolean(L, level >= MPI_THREAD_SERIALIZED);
  return 2;
}


/* abort(status): the end of all ranks, at once */
static int l_abort(lua_State *L) {
  MPI_Abort(MPI_COMM_WORLD, (int)luaL_optinteger(L, 1, 1));
  return 0;
}


/* finish(): this rank has nothing more to say to the others */
static int l_finish(lua_State *L) {
  (void)L;
  MPI_Finalize();
  return 0;
}


static const luaL_Reg functions[] = {
  {"begin", l_begin}, {"abort", l_abort}, {"finish", l_finish}, {NULL, NULL}
};


int luaopen_teasel_mpi(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
