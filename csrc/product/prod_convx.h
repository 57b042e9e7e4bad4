/*
** prod_convx.h
** What prod_convscratch asks of prod_convx.c.
*/

#ifndef prod_convx_h
#define prod_convx_h

#include "product/prod.h"

size_t convx_scratch(const Conv *g);

#endif
