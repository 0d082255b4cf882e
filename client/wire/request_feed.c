#include "wire/request_feed.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include <ghostkey/error.h>
#include <ghostkey/protocol.h>

#include "heap.h"
#include "terminal/output.h"
#include "terminal/signals.h"
#include "wire/broker_refusal.h"
#include "wire/http.h"

#define PAUSE_MS 20       /* the daemon answers fewer requests meanwhile than it keeps */
#define MANY_REQUESTS 250 /* so many at once are a burst: the next ones are fetched at once */
#define PAUSE_AWAY_MS 100
#define PAUSES_SILENT 15 /* longer than a restart takes */

void request_feed_close(struct request_feed *feed) {
    feed->http = http_client_free(feed->http);
}

static int misunderstood(void) {
    return broker_answer_misunderstood("a request whose 'seq' is not one more than the last");
}

/* The daemon answered. */
static void say_back(struct request_feed *feed) {
    if (feed->pauses > PAUSES_SILENT) {
        output_warning("the daemon at %s is back", feed->target->shown);
    }
    feed->pauses = 0;
}

/* The connection is broken, or there is none. */
static void say_away(struct request_feed *feed) {
    feed->http = http_client_free(feed->http);
    if (!signals_is_interrupted() && feed->pauses++ == PAUSES_SILENT) {
        output_warning("the daemon at %s is away; waiting for it", feed->target->shown);
    }
}

/* A page behind feed->seq. *ret_answer stays empty if the daemon is away. */
static int ask(struct request_feed *feed, struct broker_answer *ret_answer) {
    BUFFER_AUTO struct buffer path = BUFFER_NULL;
    struct http_request request = {.method = "GET"};
    int status = 0;

    if (feed->http == NULL && http_client_new(feed->target, &feed->http) != 0) {
        say_away(feed);
        return GK_EXIT_DONE;
    }
    buffer_printf(&path, GK_ROUTE_REQUESTS "?after=%" PRIu64, feed->seq);
    request.path = buffer_string(&path);
    if (http_exchange(feed->http, &request, &status, &ret_answer->body) != 0) {
        buffer_clear(&ret_answer->body);
        say_away(feed);
        return GK_EXIT_DONE;
    }
    say_back(feed);
    if (status != 200) {
        return broker_refused(status, &ret_answer->body);
    }
    return broker_answer_read(ret_answer);
}

/* Compares the seq of the first request with what it should be. */
static int check_first(const struct request_feed *feed, const json_t *requests) {
    json_int_t first = json_integer_value(json_object_get(json_array_get(requests, 0), "seq"));
    uint64_t seq = (uint64_t)first;

    if (first <= 0) {
        return misunderstood();
    }
    if (seq <= feed->seq) {
        output_warning("the daemon has forgotten the requests, by a restart or a reset");
    } else if (seq > feed->seq + 1 && feed->is_begun) {
        output_warning("%" PRIu64 " requests are missing: the daemon keeps the last %d",
                seq - feed->seq - 1, GK_REQUESTS_KEPT);
    }
    return GK_EXIT_DONE;
}

static int take(struct request_feed *feed, json_t **ret_requests) {
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    int error = ask(feed, &answer);
    json_t *requests;
    json_int_t next;

    if (error != 0) {
        return error;
    }
    if (answer.document == NULL) {
        *ret_requests = json_array();
        if (*ret_requests == NULL) {
            heap_exhausted();
        }
        return GK_EXIT_DONE;
    }
    if (json_unpack(answer.document, "{s:o, s:I}", "requests", &requests, "next", &next) != 0 ||
            !json_is_array(requests) || next < 0) {
        return misunderstood();
    }
    if (json_array_size(requests) > 0) {
        error = check_first(feed, requests);
        if (error != 0) {
            return error;
        }
    }
    feed->seq = (uint64_t)next;
    *ret_requests = json_incref(requests);
    return GK_EXIT_DONE;
}

int request_feed_take(struct request_feed *feed, int wake_fd, json_t **ret_requests) {
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    int pause_ms = feed->http == NULL ? PAUSE_AWAY_MS : feed->is_burst ? 0 : PAUSE_MS;
    int error;

    (void)poll(&wake, 1, pause_ms); /* the caller looks at wake_fd itself */
    error = take(feed, ret_requests);
    feed->is_burst = error == 0 && json_array_size(*ret_requests) >= MANY_REQUESTS;
    return error;
}

int request_feed_open(struct request_feed *feed, const struct target *target) {
    json_auto_t *requests = NULL;
    int error;

    *feed = (struct request_feed){.target = target};
    error = http_client_new(target, &feed->http);
    if (error != 0) {
        return broker_unreachable(target, -error);
    }
    error = take(feed, &requests); /* one page has all that the daemon keeps */
    if (error != 0) {
        return error;
    }
    feed->is_begun = true;
    return GK_EXIT_DONE;
}
