/*
** kern_level.h
** kern_*.c are compiled several times, with KERN_LEVEL 1, 3 and 4 and the
** matching -march. KERN(name) gives each copy its own public symbols.
*/

#ifndef kern_level_h
#define kern_level_h

#define KERN_PASTE(name, level) name##_v##level
#define KERN_EXPAND(name, level) KERN_PASTE(name, level)
#define KERN(name) KERN_EXPAND(name, KERN_LEVEL)

#endif
