/* What the query of a request to Vault's API says. */
#ifndef GHOSTKEYD_API_VAULT_VAULT_QUERY_H
#define GHOSTKEYD_API_VAULT_VAULT_QUERY_H

#include <stdint.h>

#include "http/request.h"

struct call;

enum list_wish {
    LIST_NOT_WANTED,
    LIST_WANTED,
    LIST_MALFORMED, /* `list` in the query of a GET or HEAD is no boolean */
};

/* Whether the request is a LIST, or a GET or HEAD with list=true in its query. */
enum list_wish vault_list_wish(const struct request *request);

/*
 * The first parameter of that name in the query, decoded into place. data NULL: it is not given, is
 * badly encoded, or does not fit. Parameters that no operation knows are ignored, as Vault does.
 */
struct span vault_query(
        const struct request *request, const char *name, char *place, size_t place_bytes);

/* The same of a parameter that is a whole number; 0: it is not given. GK_E_BAD_REQUEST */
int vault_query_number(struct call *call, const char *name, uint64_t *ret_number);

/* Whether the query has a parameter of that name. */
bool vault_has_query(const struct request *request, const char *name);

#endif
