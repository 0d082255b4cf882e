/*
 * The one table of outcomes. A function that can fail returns an int:
 *
 *   0          done; every ret_ argument is set.
 *   negative   an errno: something that should not happen (no memory, no disk). The function in
 *              which it occurs logs it; callers return it unchanged. It becomes a bare 500, or
 *              exit status 1.
 *   positive   an enum gk_outcome: an expected result that the direct caller must handle. The
 *              client reads it in the answer; no log has it.
 *
 * On anything but 0 the ret_ arguments are untouched.
 *
 * Each outcome has one row below: its symbol, its HTTP status (RFC 9110), that status's title in a
 * problem document (RFC 9457), ghostctl's exit status for it (contract, section 8), and the
 * sentence used if there is no better detail. Outcomes of one status share title and exit status.
 */
#ifndef GHOSTKEY_ERROR_H
#define GHOSTKEY_ERROR_H

#define GK_OUTCOMES(X) \
    X(BAD_REQUEST, 400, "Bad Request", 1, "the request is not valid") \
    X(UNAUTHORIZED, 401, "Unauthorized", 1, "a valid token is needed") \
    X(FORBIDDEN, 403, "Forbidden", 1, "this peer may not speak to this daemon") \
    X(NO_ROUTE, 404, "Not Found", 4, "there is nothing at this path") \
    X(NO_SECRET, 404, "Not Found", 4, "there is no such secret") \
    X(NO_VERSION, 404, "Not Found", 4, "that version is not kept") \
    X(NO_FAULT, 404, "Not Found", 4, "there is no such fault rule") \
    X(METHOD, 405, "Method Not Allowed", 1, "this path does not know that method") \
    X(CANNOT_ROTATE, 409, "Conflict", 1, "this secret cannot be rotated") \
    X(CONFLICT, 409, "Conflict", 1, "the state of the secret does not allow it") \
    X(CLOCK_KIND, 409, "Conflict", 1, "the clock is the system's and cannot be moved") \
    X(EVENTS_GONE, 410, "Gone", 1, "the events that come next are no longer kept") \
    X(PRECONDITION, 412, "Precondition Failed", 6, "the precondition does not hold") \
    X(TOO_LARGE, 413, "Content Too Large", 1, "the request is too large") \
    X(MEDIA_TYPE, 415, "Unsupported Media Type", 1, "the body must be JSON") \
    X(EXPECTATION, 417, "Expectation Failed", 1, "only 'Expect: 100-continue' is known") \
    X(STORE_FULL, 500, "Internal Server Error", 1, \
            "the store is full, so nothing was changed: delete secrets, or give ghostkeyd more " \
            "memory or disk") \
    X(STORE_CUT, 500, "Internal Server Error", 1, \
            "the store's file was cut short: to change anything, start ghostkeyd on a copy of it") \
    X(STORE_GONE, 500, "Internal Server Error", 1, \
            "the store's file was moved, replaced or removed: put it back to change anything") \
    X(STORE_TORN, 500, "Internal Server Error", 1, \
            "a change could not be written, nor taken back: nothing can be changed until it can") \
    X(INTERNAL, 500, "Internal Server Error", 1, "the daemon could not do it; its log says why") \
    X(BUSY, 503, "Service Unavailable", 1, \
            "too many clients are waiting for events or delayed answers") \
    X(FAULT, 500, "Internal Server Error", 1, "a fault rule wants it so")

enum gk_outcome {
    GK_DONE = 0,
#define GK_OUTCOME_SYMBOL(symbol, status, title, exit_status, sentence) GK_E_##symbol,
    GK_OUTCOMES(GK_OUTCOME_SYMBOL)
#undef GK_OUTCOME_SYMBOL
};

/* Of both programs (contract, sections 1 and 8). */
enum gk_exit {
    GK_EXIT_DONE = 0,
    GK_EXIT_FAILED = 1,
    GK_EXIT_USAGE = 2,
    GK_EXIT_EXPIRED = 3,
    GK_EXIT_NOT_FOUND = 4,
    GK_EXIT_UNREACHABLE = 5,
    GK_EXIT_PRECONDITION = 6,
};

/* What its row says of an outcome; of a negative errno what INTERNAL's row says. */
static inline int gk_outcome_status(int outcome) {
    switch (outcome) {
#define GK_OUTCOME_STATUS(symbol, status, title, exit_status, sentence) \
    case GK_E_##symbol: \
        return status;
        GK_OUTCOMES(GK_OUTCOME_STATUS)
#undef GK_OUTCOME_STATUS
    default:
        return 500;
    }
}

static inline const char *gk_outcome_title(int outcome) {
    switch (outcome) {
#define GK_OUTCOME_TITLE(symbol, status, title, exit_status, sentence) \
    case GK_E_##symbol: \
        return title;
        GK_OUTCOMES(GK_OUTCOME_TITLE)
#undef GK_OUTCOME_TITLE
    default:
        return "Internal Server Error";
    }
}

static inline const char *gk_outcome_sentence(int outcome) {
    switch (outcome) {
#define GK_OUTCOME_SENTENCE(symbol, status, title, exit_status, sentence) \
    case GK_E_##symbol: \
        return sentence;
        GK_OUTCOMES(GK_OUTCOME_SENTENCE)
#undef GK_OUTCOME_SENTENCE
    default:
        return "the daemon could not do it; its log says why";
    }
}

/* ghostctl's exit status for an HTTP status: 0 below 400, 1 for one that no row has. */
static inline int gk_status_exit(int http_status) {
    if (http_status < 400) {
        return GK_EXIT_DONE;
    }
#define GK_STATUS_EXIT(symbol, status, title, exit_status, sentence) \
    if (http_status == (status)) { \
        return exit_status; \
    }
    GK_OUTCOMES(GK_STATUS_EXIT)
#undef GK_STATUS_EXIT
    return GK_EXIT_FAILED;
}

#endif
