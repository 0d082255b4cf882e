/*
 * Turns the text that an option was given into a value, for options.c. Each function returns 0, or
 * GK_E_BAD_REQUEST with a line in *problem that names the option and says what is accepted, or a
 * negative errno.
 */
#ifndef GHOSTKEYD_OPTION_VALUES_H
#define GHOSTKEYD_OPTION_VALUES_H

#include <sys/socket.h>

#include "model/problem.h"
#include "model/state.h"
#include "process/log.h"

#define OPTION_KEY_BYTES 32

/* A whole number from 1 to max. */
int option_number(const char *option, const char *text, uint64_t max, uint64_t *ret_number,
        struct problem *problem);

/* system, virtual or virtual:TIME. *ret_start is the time at which a new virtual clock starts. */
int option_clock(const char *option, const char *text, enum clock_kind *ret_kind,
        instant *ret_start, struct problem *problem);

/* ADDRESS:PORT with a loopback address, ::1 in brackets. */
int option_tcp(const char *option, const char *text, struct sockaddr_storage *ret_address,
        struct problem *problem);

/* Whether the address is in 127.0.0.0/8, or is ::1. */
bool address_is_loopback(const struct sockaddr_storage *address);

/* A duration such as 15m, from a second to max_s. */
int option_duration(const char *option, const char *text, int64_t max_s, int64_t *ret_seconds,
        struct problem *problem);

/* The path of a mount for clients of Vault: model/mount.h. */
int option_mount(const char *option, const char *text, struct problem *problem);

/* warnings, events or requests. */
int option_log(
        const char *option, const char *text, enum log_what *ret_what, struct problem *problem);

/* A region of AWS: 1 to 64 small letters, digits and hyphens. */
int option_region(const char *option, const char *text, struct problem *problem);

/* The key in the file at path, which must have exactly OPTION_KEY_BYTES. */
int option_key(
        const char *option, const char *path, unsigned char *ret_key, struct problem *problem);

/*
 * The content of the file at path. If it is longer than content_max_bytes, *ret_content gets more
 * than so many bytes, but not all. *ret_content is empty before.
 */
int option_file(const char *option, const char *path, size_t content_max_bytes,
        struct buffer *ret_content, struct problem *problem);

#endif
