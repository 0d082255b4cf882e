/*
 * One request and its answer, free of any HTTP library: server.c fills in what came, api.c decides
 * and calls the handler, server.c sends what stands here then.
 */
#ifndef GHOSTKEYD_HTTP_EXCHANGE_H
#define GHOSTKEYD_HTTP_EXCHANGE_H

#include "broker/broker.h"

/* What a route may take behind '?', each at most once. */
struct query {
    uint64_t version; /* 0: not given */
    struct span prefix;
    struct span after_name;
    uint64_t after_seq;
    bool has_after_seq;
    bool has_limit;
    size_t limit;
    bool values;
    enum expired_filter expired;
    char prefix_place[GK_NAME_MAX_BYTES];
    char after_place[GK_NAME_MAX_BYTES];
};

struct answer {
    int status;
    const char *media;  /* of the body; NULL: no body */
    struct buffer body; /* wiped */
    uint64_t etag;      /* a revision; 0: none */
    const char *allow;  /* of a 405, else NULL */
    bool is_stream;     /* no body: the events past stream_after, for as long as the client stays */
    uint64_t stream_after;
};

struct metrics;

struct exchange {
    /* What came: the spans are valid until the answer is sent. */
    struct span method;
    struct span path; /* as sent, without the query */
    struct span query_text;
    bool has_query;
    struct span content_type;     /* data NULL: none */
    struct span content_encoding; /* likewise */
    struct span if_match;         /* likewise */
    struct span if_none_match;
    struct span accept;        /* likewise */
    struct span last_event_id; /* likewise */
    struct span body;
    int refused; /* an outcome that stands already (a peer, a limit), or 0 */

    /* What is to be answered. */
    struct answer answer;
    bool after_commit; /* the answer waits for the end of the turn */

    /* What api.c found in it. */
    struct broker *broker;
    const struct metrics *metrics;
    size_t route; /* an index of api_route_label() */
    struct span name;

    /* What is set when it is decoded, or refused: to clear it before costs more than to read it. */
    struct query query;
    struct expectation expectations[2]; /* of If-Match; its `also` is that of If-None-Match */
    char name_place[GK_NAME_MAX_BYTES];
    struct problem problem; /* empty before: detail begins with NUL */
};

/* What is zeros before a request is taken down. */
#define EXCHANGE_HEAD_BYTES offsetof(struct exchange, query)

#endif
