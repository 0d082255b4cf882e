/* What clients may ask for: the rows of an API's table. */
#ifndef GHOSTKEYD_HTTP_OPERATION_H
#define GHOSTKEYD_HTTP_OPERATION_H

#include <stdbool.h>

struct call;

/* What an operation does to secrets: a word of fault rules (contract, section 11). */
enum operation_class {
    CLASS_NONE,
    CLASS_READ,
    CLASS_WRITE,
    CLASS_ROTATE,
    CLASS_DELETE,
    CLASS_LIST,
    CLASS_LOGIN,
};

/* "read", ...; empty: none. */
const char *operation_class_text(enum operation_class class);

/*
 * What a client may ask for. One with a name serves secrets: fault rules and the list of requests
 * know it by that name, which several may share. One without a name watches or steers the daemon.
 */
struct operation {
    const char *label; /* in metrics; shared by the methods of one path */
    const char *method;
    int (*handle)(struct call *call);
    unsigned int parameters; /* of its query: bits that the API defines */
    bool changes;            /* it works in the turn's transaction */
    const char *name;        /* NULL: no fault touches it */
    enum operation_class class;
    bool is_unlisted; /* it is left out of the list of requests */
};

#endif
