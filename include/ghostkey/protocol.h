/*
 * What both sides of GhostKey's wire agree on: limits, routes, default paths, variable names.
 * They come from the contract's sections 1 to 3 and 7 to 9. Each is written only here.
 */
#ifndef GHOSTKEY_PROTOCOL_H
#define GHOSTKEY_PROTOCOL_H

/* Secrets (contract, section 2). */
#define GK_NAME_MAX_BYTES 255
#define GK_VALUE_MAX_BYTES_DEFAULT 65536
#define GK_VALUE_MAX_BYTES_CEILING (64 * 1024 * 1024)
#define GK_KEEP_VERSIONS_DEFAULT 10
#define GK_KEEP_VERSIONS_CEILING 1000000
#define GK_TTL_MAX_S 315360000
#define GK_LABELS_MAX 64
#define GK_LABEL_NAME_MAX_BYTES 128
#define GK_LABEL_VALUE_MAX_BYTES 512
#define GK_DESCRIPTION_MAX_BYTES 2048
#define GK_LABEL_CHANGES_MAX (2 * GK_LABELS_MAX) /* all labels removed, and as many added */
#define GK_ENV_MAX_BYTES 255

/* Requests (contract, sections 3 and 7). */
#define GK_HEAD_MAX_BYTES (16 * 1024)
#define GK_BODY_MAX_BYTES(value_max_bytes) ((size_t)(value_max_bytes)*12 + 320 * 1024)
#define GK_DOCUMENT_MAX_BYTES ((size_t)64 * 1024 * 1024) /* of POST /v1/apply and --apply */
#define GK_REQUEST_TIME_MAX_MS 10000
#define GK_ANSWER_TIME_MAX_MS 60000 /* for a client to read its answer */
#define GK_CONNECTIONS_MAX 1024
#define GK_UNKNOWN_AT_ONCE_MAX 512 /* connections whose client has not shown the token yet */
#define GK_UNKNOWN_MAX 64          /* how many of them may stay longer than a second */
#define GK_PAGE_DEFAULT 100
#define GK_PAGE_MAX 1000
#define GK_PAGE_MAX_BYTES (8 * 1024 * 1024) /* of a list of secrets; it has at least one */
#define GK_PRECONDITION_TAGS_MAX 16

/* Rotation and events (contract, sections 5 and 6). */
#define GK_GENERATED_MAX_CHARS 4096
#define GK_CYCLE_VALUES_MAX 64
#define GK_EVENTS_KEPT 100000
#define GK_STREAM_HEARTBEAT_MS 15000
#define GK_STREAM_BEHIND_MAX_BYTES (1024 * 1024)
#define GK_STREAM_STALL_MS 250 /* how long a stream that is further behind may read nothing */
#define GK_STREAMS_MAX 512     /* of the connections; the others are for requests */

/* Faults, readers and requests (contract, sections 11 and 12). */
#define GK_FAULT_ID_MAX_BYTES 64
#define GK_REQUESTS_KEPT 1000
#define GK_FAULTS_MAX 1000
#define GK_FAULT_WORD_MAX_BYTES 63 /* of an API or an operation */
#define GK_FAULT_DELAY_MAX_MS (10 * 60 * 1000)
#define GK_FAULT_STATUS_MIN 400
#define GK_FAULT_STATUS_MAX 599
#define GK_HEADER_FAULT "ghostkey-fault"
#define GK_REFUSED_BY_FAULT "refused by the fault rule " /* in the detail; then the id, quoted */

/* Routes. A secret's name follows each route that ends in '/'. */
#define GK_ROUTE_SECRETS "/v1/secrets"
#define GK_ROUTE_SECRET "/v1/secrets/"
#define GK_ROUTE_METADATA "/v1/metadata/"
#define GK_ROUTE_ROTATE "/v1/rotate/"
#define GK_ROUTE_PROMOTE "/v1/promote/"
#define GK_ROUTE_DISCARD "/v1/discard/"
#define GK_ROUTE_RESTORE "/v1/restore/"
#define GK_ROUTE_VERIFY "/v1/verify/"
#define GK_ROUTE_CLEANUP "/v1/cleanup"
#define GK_ROUTE_RESET "/v1/reset"
#define GK_ROUTE_APPLY "/v1/apply"
#define GK_ROUTE_DUMP "/v1/dump"
#define GK_ROUTE_CLOCK "/v1/clock"
#define GK_ROUTE_CLOCK_ADVANCE "/v1/clock/advance"
#define GK_ROUTE_EVENTS "/v1/events"
#define GK_ROUTE_READERS "/v1/readers/"
#define GK_ROUTE_REQUESTS "/v1/requests"
#define GK_ROUTE_FAULTS "/v1/faults"
#define GK_ROUTE_FAULT "/v1/faults/" /* an id follows */
#define GK_ROUTE_STATUS "/v1/status"
#define GK_ROUTE_PAGE_CODE "/v1/page-code"
#define GK_ROUTE_PAGE_TOKEN "/v1/page-token"
#define GK_ROUTE_OPENAPI "/v1/openapi.json"
#define GK_ROUTE_METRICS "/metrics"

#define GK_MEDIA_JSON "application/json"
#define GK_MEDIA_PROBLEM "application/problem+json"
#define GK_MEDIA_STREAM "text/event-stream"
#define GK_MEDIA_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define GK_MEDIA_MERGE_PATCH "application/merge-patch+json"

/* Paths and variables (contract, sections 1 and 8). GK_SOCKET_SUBPATH is below XDG_RUNTIME_DIR. */
#define GK_SOCKET_SUBPATH "ghostkey/ghostkey.sock"
#define GK_TOKEN_SUBPATH "ghostkey/token"
#define GK_VAR_RUNTIME_DIR "XDG_RUNTIME_DIR"
#define GK_VAR_SOCKET "GHOSTKEY_SOCKET"
#define GK_ENV_FILE ".env.ghost"

#endif
