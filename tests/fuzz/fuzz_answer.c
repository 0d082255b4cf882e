/*
 * The client's decoder of answers: any bytes in the place of what the daemon says, head and body.
 * The first byte chooses what was asked for. Each fault is said: give libFuzzer -close_fd_mask=2.
 */
#include "fuzz.h"

#include "broker_client.h"
#include "secret_list.h"
#include <ghostkey/error.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct said {
    const uint8_t *data;
    size_t size;
};

static int listener = -1;
static struct target target;
static char host[] = "localhost";

/* An abstract address of the kernel's choice: no file, no fixed name. */
static void listen_somewhere(void) {
    sa_family_t family = AF_UNIX;
    socklen_t length = sizeof(target.address);

    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(listener >= 0);
    MUST(bind(listener, (struct sockaddr *)&family, sizeof(family)) == 0);
    MUST(listen(listener, 8) == 0);
    MUST(getsockname(listener, (struct sockaddr *)&target.address, &length) == 0);
    target.address_length = length;
    target.is_unix = true;
    target.shown = target.host = host;
}

static void ask(struct broker_client *broker, unsigned int what) {
    const struct broker_list_query query = {.expired = "include", .values = true};
    AUTO_ANSWER answer = {0};
    struct secret_view view;
    json_t *secrets;
    const char *next;
    int rc;

    switch (what % 4) {
    case 0:
        rc = broker_get(broker, "a", NULL, &answer);
        if (rc == GK_EXIT_DONE && secret_view_read(answer.document, &view) == GK_EXIT_DONE) {
            MUST(view.name != NULL && view.mode != NULL && view.strategy != NULL);
        }
        break;
    case 1:
        rc = broker_list(broker, &query, &answer);
        if (rc == GK_EXIT_DONE) {
            (void)broker_page_read(&answer, &secrets, &next); /* either is right */
        }
        break;
    case 2:
        (void)broker_events(broker, "0", &answer);
        break;
    default:
        (void)broker_status(broker, &answer);
    }
}

/*
 * Whether h2o 2.2 meets it with an assertion of its own: a Content-Length that is no number, a
 * Transfer-Encoding that it does not know, on a connection that is to be kept.
 */
static bool is_too_much_for_h2o(const uint8_t *data, size_t size) {
    const char *rest = (const char *)data;
    const char *end = rest + size;

    while (rest < end) {
        const char *stop = memchr(rest, '\n', (size_t)(end - rest));
        size_t length = (size_t)((stop != NULL ? stop : end) - rest);

        if (length > 1 && (rest[0] == ' ' || rest[0] == '\t')) {
            return true; /* the rest of a header that goes over several lines */
        }
        if (length >= 18 && strncasecmp(rest, "transfer-encoding:", 18) == 0 &&
                (length != 27 || memcmp(rest + 18, " chunked\r", 9) != 0)) {
            return true;
        }
        if (length >= 15 && strncasecmp(rest, "content-length:", 15) == 0 &&
                (length < 18 || length > 34 || rest[15] != ' ' || rest[length - 1] != '\r' ||
                        strspn(rest + 16, "0123456789") != length - 17)) {
            return true;
        }
        rest += length + 1;
    }
    return false;
}

/* Says it once it was asked: h2o takes a connection on which something waits already for broken. */
static void *serve(void *userdata) {
    const struct said *said = userdata;
    char request[4096];
    int client = accept(listener, NULL, NULL);

    MUST(client >= 0);
    if (recv(client, request, sizeof(request), 0) > 0) {
        (void)send(client, said->data, said->size, MSG_NOSIGNAL); /* it may have left */
    }
    (void)close(client);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct broker_client *broker = NULL;
    struct said said = {data + 1, size - 1};
    pthread_t server;

    if (listener < 0) {
        listen_somewhere();
    }
    if (size == 0 || is_too_much_for_h2o(data + 1, size - 1)) {
        return 0;
    }
    MUST(pthread_create(&server, NULL, serve, &said) == 0);
    MUST(broker_client_open(&target, &broker) == GK_EXIT_DONE);
    ask(broker, data[0]);
    (void)broker_client_close(broker);
    MUST(pthread_join(server, NULL) == 0);
    /* h2o 2.2 leaves the descriptor of each event loop behind, of which one process makes few */
    (void)close_range((unsigned int)listener + 1, ~0U, 0);
    return 0;
}
