/*
 * What a wire API offers to HTTP. Each API is a folder in daemon/api/ and a line in api_table.c.
 * HTTP reads requests and sends answers. The API knows paths, finds the token, decodes the body.
 */
#ifndef GHOSTKEYD_HTTP_API_H
#define GHOSTKEYD_HTTP_API_H

#include "common/span.h"
#include "http/operation.h"

#define API_CREDENTIAL "credential" /* of fault rules */

struct broker;
struct call;
struct page_access;
struct request;
struct secret;
struct token;

/* What the APIs work with. It outlives the server. */
struct api_context {
    struct broker *broker;
    const struct token *token; /* of the token file; it is empty if there is no TCP */
    struct page_access *page;  /* the tokens of browser tabs */
    struct span token_file;    /* its absolute path; data NULL: there is no TCP */
    struct span tcp;           /* "127.0.0.1:43121"; data NULL: there is no TCP */
    struct span vault_mount;   /* with a '/' at its end */
    int64_t vault_token_ttl_s;
    struct span aws_region;
};

/* A request before it is answered. Its body may be missing. */
struct api_request {
    const struct request *request;
    const struct api_context *context;
    bool is_tcp; /* else it came over a Unix socket, whose peer may speak */
};

/* Whether the client of a request may speak. */
enum speaker {
    SPEAKER_REFUSED, /* GK_E_UNAUTHORIZED */
    SPEAKER_ANYONE,  /* this request needs no token: it says nothing about its client */
    SPEAKER_KNOWN,
};

#define API_HEADERS_MAX 2

struct api {
    const char *name;
    const struct operation *operations; /* those of one label are adjacent */
    size_t operation_count;
    const char *large_body; /* how heads begin whose bodies may have GK_DOCUMENT_MAX_BYTES */

    /* What bears one of these headers is for this API, and what it claims. They begin with "x-". */
    const char *headers[API_HEADERS_MAX];
    bool (*claims)(const struct api_request *request);

    /* By the token that the request bears. Its host and its origin are accepted already. */
    enum speaker (*may_speak)(const struct api_request *request);

    /*
     * Sets call->operation. GK_E_NO_ROUTE: there is no such path. GK_E_METHOD: the operation is
     * another one of that path, for the metrics.
     */
    int (*route)(struct call *call);

    /*
     * Decodes what call->operation needs, does it and fills in the answer. Before it does anything
     * it says in call->named and call->reads_current what the request is about, and then calls
     * call_begin(): once path, name and query are known to be right, before the body is looked at,
     * or, where the body names the secret, right after it was decoded. call->told gets the values
     * that the answer holds.
     */
    int (*serve)(struct call *call);

    /*
     * Fills in the answer to a request that was refused, in the API's own form. call->problem says
     * why. call->operation may be NULL.
     */
    void (*refuse)(struct call *call, int outcome);

    /* How many versions this API keeps of the secret; 0: it does not say. NULL: it never does. */
    uint64_t (*keeps)(const struct api_context *context, const struct secret *secret);
};

/* The last API claims every request. */
extern const struct api *const apis[];
extern const size_t api_count;

/* The API that answers the request. */
const struct api *api_of(const struct api_request *request);

/* broker_options.keeps, of all APIs; the userdata is an api_context. */
uint64_t api_keeps(const void *context, const struct secret *secret);

/* Whether a fault rule may name it: an API; an operation of one, or a class of them. */
bool api_is_known(struct span name);
bool api_has_operation(struct span word);

/* The API's number; the operation's among those of all APIs. */
size_t api_number(const struct api *api);
size_t api_operation_number(const struct operation *operation);

#endif
