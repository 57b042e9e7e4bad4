/*
** device.c
** The places that there are, and the one where new tensors stand.
*/

#include "device/device.h"

#include <stdio.h>
#include <string.h>

const Backend *const device_list[] = { &device_mirror, &device_gpu, NULL };

static const Backend *standing;


const char *device_name(const Backend *place) {
  return place ? place->name : "host";
}


int device_find(const char *name, const char *who, const char *arg,
                const Backend **place) {
  char known[128];
  int i, n = snprintf(known, sizeof known, "\"host\"");
  *place = NULL;
  if (strcmp(name, "host") == 0) return 1;
  for (i = 0; device_list[i]; i++) {
    if (strcmp(name, device_list[i]->name) == 0) {
      *place = device_list[i];
      return 1;
    }
    n += snprintf(known + n, sizeof known - (size_t)n, " or \"%s\"",
                  device_list[i]->name);
  }
  return ts_fail("%s: %s%s%sgot the place \"%.40s\", wanted %s", who,
                 arg ? "argument '" : "", arg ? arg : "", arg ? "': " : "",
                 name, known);
}


const Backend *device_default(void) {
  return standing;
}


void device_use(const Backend *place) {
  standing = place;
}
