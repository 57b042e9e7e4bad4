/*
** cpus.h
** How many processors this process may use, which can be fewer than are
** online: its affinity (taskset, a job scheduler) and the quota of its control
** groups (containers) both bound it. More threads than that wait for one
** another.
*/

#ifndef cpus_h
#define cpus_h

/* 1 or more; `root`, "" but in specs, stands before /proc and /sys */
int cpus_usable(const char *root);

#endif
