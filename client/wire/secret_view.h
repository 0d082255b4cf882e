/* A secret's document (contract, section 3) as a struct. All pointers are borrowed from the JSON.
 */
#ifndef GHOSTCTL_SECRET_VIEW_H
#define GHOSTCTL_SECRET_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct secret_view {
    const char *name;
    const char *text; /* the value, or its base64 if `is_binary`; NULL in a document without */
    size_t text_len;
    bool is_binary;
    bool is_expired;
    json_int_t version;
    const char *mode;
    const char *expires_at; /* NULL: never */
    const char *strategy;
    const char *env; /* NULL: not exported */
};

/* GK_EXIT_FAILED, said, for a document that the contract does not know. */
int secret_view_read(const json_t *document, struct secret_view *ret_view);

#endif
