/* A secret's document (contract, section 3) as a struct, whose pointers are borrowed from the JSON.
 */
#ifndef GHOSTCTL_SECRET_VIEW_H
#define GHOSTCTL_SECRET_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct secret_view {
    const char *name;
    const char *text; /* the value, or its base64 if `is_binary`; NULL: the document has none */
    size_t text_len;
    bool is_binary;
    bool is_expired;
    json_int_t version;
    const char *mode;
    const char *expires_at; /* NULL: never */
    const char *strategy;
    const char *env; /* NULL: not exported */
    const json_t *metadata;
};

/* GK_EXIT_FAILED, after a message, for a document that is not as the contract says. */
int secret_view_read(const json_t *document, struct secret_view *ret_view);

/* The number of the version with that stage, from the answer of GET /v1/metadata/; 0: there is
 * none. */
json_int_t secret_version_of_stage(const json_t *document, const char *stage);

#endif
