/*
 * A shared object to be preloaded (LD_PRELOAD) into a program of GhostKey's: the program stays
 * dumpable, so that a test of an ordinary user may look into its memory and its open files, and
 * trace it, as root's tests may in any case.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/prctl.h>

__attribute__((visibility("default"))) int prctl(int option, ...) {
    int (*real)(int, unsigned long, unsigned long, unsigned long, unsigned long);
    unsigned long values[4];
    va_list arguments;

    if (option == PR_SET_DUMPABLE) {
        return 0;
    }
    va_start(arguments, option);
    for (int i = 0; i < 4; i++) {
        values[i] = va_arg(arguments, unsigned long);
    }
    va_end(arguments);
    *(void **)&real = dlsym(RTLD_NEXT, "prctl"); /* as dlsym(3) has it */
    return real(option, values[0], values[1], values[2], values[3]);
}
