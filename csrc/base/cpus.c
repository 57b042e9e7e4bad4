/*
** cpus.c
** A quota is microseconds of processor time in every period, of a group and
** of each group above it. Version 2 of control groups has them in cpu.max,
** version 1 in two files below the mount of its cpu controller.
*/

#define _GNU_SOURCE

#include "base/cpus.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH 4096


static long allowed(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return sysconf(_SC_NPROCESSORS_ONLN);  /* of more than 1024 */
}


/* the two numbers of a file, or one of each of two; 0: there is no quota */
static int read_quota(const char *dir, int version, long *quota,
                      long *period) {
  static const char *const names[3][2] = {
    {NULL, NULL}, {"cpu.cfs_quota_us", "cpu.cfs_period_us"},
    {"cpu.max", NULL}
  };
  long *to[2];
  int i, got = 0;
  to[0] = quota;
  to[1] = period;
  for (i = 0; i < 2 && names[version][i]; i++) {
    char path[PATH + 64];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", dir, names[version][i]);
    f = fopen(path, "r");
    if (f == NULL) return 0;
    if (version == 2) got = fscanf(f, "%ld %ld", quota, period);
    else got += fscanf(f, "%ld", to[i]) == 1;
    fclose(f);
  }
  return got == 2 && *quota > 0 && *period > 0;  /* "max" is no number */
}


/* the least number of processors that the quotas of the group `path` and of
** those above it leave, or `most`; the mount alone where the path is another
** namespace's */
static long bound(const char *mount, const char *path, int version,
                  long most) {
  char dir[PATH];
  size_t least = strlen(mount);
  if (snprintf(dir, sizeof dir, "%s%s", mount, path) >= (int)sizeof dir)
    return most;
  for (;;) {
    long quota, period;
    char *end;
    if (read_quota(dir, version, &quota, &period)) {
      long n = quota / period + (quota % period > 0);
      if (n < most) most = n;
    }
    end = strrchr(dir, '/');
    if (end == NULL || (size_t)(end - dir) < least) return most;
    *end = '\0';
  }
}


/* whether `name` is one of a list like "cpu,cpuacct" */
static int lists(const char *list, const char *name) {
  size_t n = strlen(name);
  for (;; list++) {
    size_t item = strcspn(list, ",");
    if (item == n && strncmp(list, name, n) == 0) return 1;
    list += item;
    if (*list == '\0') return 0;
  }
}


/* lines of the file are "number:controllers:path", in version 2 "0::path" */
static long groups(const char *root, long most) {
  char line[PATH], mount[PATH];
  FILE *f;
  snprintf(mount, sizeof mount, "%s/proc/self/cgroup", root);
  f = fopen(mount, "r");
  if (f == NULL) return most;
  while (fgets(line, sizeof line, f)) {
    char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':')
                                                   : NULL;
    if (path == NULL) continue;
    *path++ = '\0';
    names++;
    path[strcspn(path, "\n")] = '\0';
    if (*names == '\0') {
      snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
      most = bound(mount, path, 2, most);
    }
    else if (lists(names, "cpu")) {
      snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, names);
      most = bound(mount, path, 1, most);
      snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
      most = bound(mount, path, 1, most);
    }
  }
  fclose(f);
  return most;
}


int cpus_usable(const char *root) {
  long n = groups(root, allowed());
  return n < 1 ? 1 : (int)n;
}
