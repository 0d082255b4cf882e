/*
 * A private broker: a ghostkeyd of its own in a folder of its own, for as long as ghostctl runs
 * (contract, section 13). `ghostctl sandbox` runs a command in it; `ghostctl drill` also restarts
 * it and takes it away for a while.
 *
 * Begin with sandbox_start(), before anything else is opened or forked: the process that cleans up
 * is the first that is made (guardian.h). The functions that return an int return an exit status,
 * after a message.
 */
#ifndef GHOSTCTL_SANDBOX_H
#define GHOSTCTL_SANDBOX_H

#include <stdbool.h>

#include "env/env_access.h"
#include "sandbox/broker_process.h"
#include "wire/target.h"

struct sandbox_plan {
    const char *seed;   /* NULL: "sandbox" for a new state */
    const char *clock;  /* NULL: "virtual" for a new state */
    const char *apply;  /* the file of --apply; NULL: none */
    const char *import; /* the file of --import; NULL: none */
    const char *store;  /* the file of --store; NULL: none */
    bool keeps_store; /* without `store`: keep one in the folder, so that a restart loses nothing */
    bool has_tcp;
    unsigned apis; /* bits of enum access_api: whose variables COMMAND gets */
};

struct sandbox;

/*
 * Makes the sockets and starts the broker. If the broker may refuse something of the plan (a seed,
 * a clock, a file, keeps_store), this waits until it serves and has what `apply` and `import` say.
 * Else this does not wait, and clients that connect meanwhile get an answer when it serves.
 */
int sandbox_start(const struct sandbox_plan *plan, struct sandbox **ret_sandbox);

/* Ends the broker and removes the folder. Returns NULL. */
struct sandbox *sandbox_end(struct sandbox *sandbox);

static inline void sandbox_endp(struct sandbox **sandbox) {
    *sandbox = sandbox_end(*sandbox);
}
#define SANDBOX_AUTO GK_CLEANUP(sandbox_endp)

/* The environment for COMMAND, as long as the sandbox is. */
char *const *sandbox_environment(const struct sandbox *sandbox);

/* Where its broker is: over the Unix socket. The caller deinits it. */
int sandbox_target(const struct sandbox *sandbox, struct target *ret_target);

/* The private folder; files in it go with the sandbox. */
const char *sandbox_folder(const struct sandbox *sandbox);

#define SANDBOX_FDS 2

/*
 * What ghostctl waits for while the broker starts and runs: sandbox_look() when one of them is
 * readable. -1: for nothing. They change by it.
 */
void sandbox_get_fds(const struct sandbox *sandbox, int ret_fds[SANDBOX_FDS]);

/* Looks what has happened, without waiting, and shows the broker's log if it did not start. */
enum broker_state sandbox_look(struct sandbox *sandbox);

/*
 * Ends the broker by that signal: SIGTERM for a restart, SIGKILL for a crash. Its sockets go on
 * listening, so clients that connect wait for sandbox_broker_start().
 */
void sandbox_broker_end(struct sandbox *sandbox, int number);

/* After sandbox_broker_end(): from now on connections are refused; the TCP port stays ours. */
int sandbox_refuse(struct sandbox *sandbox);

/* Starts the broker again, on the same socket and port, and waits until it serves; if it does not,
 * connections are refused. */
int sandbox_broker_start(struct sandbox *sandbox);

#endif
