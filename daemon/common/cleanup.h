/*
 * Release at the end of scope. An owner variable is declared with one of these and initialised in
 * the same line; to hand it over, steal it. A misspelt attribute does not compile
 * (-Werror=attributes).
 */
#ifndef GHOSTKEY_CLEANUP_H
#define GHOSTKEY_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GK_CLEANUP(function) __attribute__((cleanup(function)))

/* close() that keeps errno; fd may be -1. Always returns -1: `fd = gk_close(fd);` */
static inline int gk_close(int fd) {
    if (fd >= 0) {
        int saved = errno;

        (void)close(fd); /* nothing is to be done about a failed close */
        errno = saved;
    }
    return -1;
}

static inline void gk_closep(int *fd) {
    *fd = gk_close(*fd);
}

static inline void gk_freep(void *pointer) {
    free(*(void **)pointer);
}

static inline void gk_fclosep(FILE **file) {
    if (*file != NULL) {
        (void)fclose(*file); /* writers flush and check before this */
    }
}

static inline void gk_closedirp(DIR **dir) {
    if (*dir != NULL) {
        (void)closedir(*dir); /* it was only read */
    }
}

#define GK_AUTO_CLOSE GK_CLEANUP(gk_closep)
#define GK_AUTO_FREE GK_CLEANUP(gk_freep)
#define GK_AUTO_FCLOSE GK_CLEANUP(gk_fclosep)
#define GK_AUTO_CLOSEDIR GK_CLEANUP(gk_closedirp)

/* The fd of an owner variable, which owns nothing afterwards. */
static inline int gk_steal_fd(int *fd) {
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

/* The pointer of an owner variable, which owns nothing afterwards. */
#define gk_steal(pointer) \
    __extension__({ \
        __typeof__(*(pointer)) *gk_place_ = (pointer); \
        __typeof__(*(pointer)) gk_stolen_ = *gk_place_; \
        *gk_place_ = NULL; \
        gk_stolen_; \
    })

#endif
