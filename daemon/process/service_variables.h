/*
 * The variables by which a service manager tells a service what it was given: sd_listen_fds(3) and
 * sd_watchdog_enabled(3). libsystemd reads them as well, but a start would load it and six more
 * libraries for no other use.
 */
#ifndef GHOSTKEYD_SERVICE_VARIABLES_H
#define GHOSTKEYD_SERVICE_VARIABLES_H

#include <stdbool.h>
#include <stdint.h>

#define SERVICE_FD_FIRST 3 /* what was passed in has the numbers from here on */

/*
 * Returns how many file descriptors were passed in, and sets them to be closed by an exec; 0 if
 * they are another process's. A negative errno: the variables cannot be read, or a descriptor is
 * not open. *ret_names is the list of their names, or NULL; the caller frees it. The variables are
 * removed, whatever is returned.
 */
int service_variables_take_fds(char **ret_names);

/* Whether the at-th name of the list, from 0 on, is that one. names may be NULL. */
bool service_variables_is_named(const char *names, int at, const char *name);

/* Whether this process is to give signs of life, and within which time. */
bool service_variables_watchdog(uint64_t *ret_limit_us);

#endif
