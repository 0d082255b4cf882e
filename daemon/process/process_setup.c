#include "process/process_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ghostkey/protocol.h"
#include "process/log.h"

#define OTHER_FILES_MAX 64 /* open files besides connections */
#define FILES_MIN 32       /* enough for a start and one connection */

static bool hangup_is_ignored; /* by nohup(1) */

int process_open_standard_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
            return log_error(errno, "cannot open /dev/null");
        }
    }
    return 0;
}

void process_ending_signals(sigset_t *ret_signals) {
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGQUIT);
    sigaddset(ret_signals, SIGXCPU);
    if (!hangup_is_ignored) {
        sigaddset(ret_signals, SIGHUP);
    }
}

void process_block_ending_signals(void) {
    sigset_t ending;

    process_ending_signals(&ending);
    (void)sigprocmask(SIG_BLOCK, &ending, NULL); /* fails only if its arguments are wrong */
}

/* Ignores a signal that would kill the process for no reason. A handler stays: a profiler may have
 * set it. */
static int ignore(int number) {
    struct sigaction action;

    if (sigaction(number, NULL, &action) != 0) {
        return -1;
    }
    if (action.sa_handler != SIG_DFL) {
        return 0;
    }
    action.sa_handler = SIG_IGN;
    return sigaction(number, &action, NULL);
}

static int set_up_signals(void) {
    /* With SIGPIPE and SIGXFSZ ignored, write() fails instead; with SIGTTOU, it succeeds. */
    static const int ignored[] = {
            SIGPIPE,
            SIGXFSZ,
            SIGTTOU,
            SIGUSR1,
            SIGUSR2,
            SIGALRM,
            SIGVTALRM,
            SIGPROF,
            SIGIO,
            SIGPWR,
#ifdef SIGSTKFLT
            SIGSTKFLT,
#endif
    };
    struct sigaction hangup;

    if (sigaction(SIGHUP, NULL, &hangup) != 0) {
        return -1;
    }
    hangup_is_ignored = hangup.sa_handler == SIG_IGN;
    for (size_t at = 0; at < sizeof(ignored) / sizeof(ignored[0]); at++) {
        if (ignore(ignored[at]) != 0) {
            return -1;
        }
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        if (ignore(number) != 0) {
            return -1;
        }
    }
    return 0;
}

/* The soft limit is often 1024, which connections alone would use up. */
static int raise_files_limit(struct problem *problem) {
    const rlim_t wanted = GK_CONNECTIONS_MAX + OTHER_FILES_MAX;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return log_error(errno, "cannot read the limit of open files");
    }
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* if it fails, the next line shows the old limit */
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < FILES_MIN) {
        return problem_set(problem, GK_E_INTERNAL,
                "only %llu files may be open, and at least %d are needed; raise that limit "
                "(ulimit -n, LimitNOFILE=)",
                (unsigned long long)limit.rlim_cur, FILES_MIN);
    }
    if (limit.rlim_cur < wanted) {
        log_warning("only %llu files may be open: connections beyond that will wait",
                (unsigned long long)limit.rlim_cur);
    }
    return 0;
}

/*
 * libcrypto without what ghostkeyd has no use for, which is half of its start: the machine's
 * openssl.cnf (a value is the same on each machine), the texts of its errors, the algorithms of
 * former versions. A failure shows when an algorithm is first asked for.
 */
static void set_up_crypto(void) {
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
                                      OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
                                      OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
            NULL);
}

int process_set_up(struct problem *problem) {
    const struct rlimit none = {0, 0};

    (void)umask(077);
    set_up_crypto();
    if (set_up_signals() != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
            prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return log_error(errno, "cannot set up the process");
    }
    return raise_files_limit(problem);
}
