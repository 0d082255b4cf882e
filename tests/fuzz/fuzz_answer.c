/*
 * The client's decoder of answers: any bytes as the answer of a daemon, head and body. The first
 * byte chooses the request. Each fault is printed: give libFuzzer -close_fd_mask=2.
 */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ghostkey/error.h>

#include "listen.h"
#include "wire/broker_verbs.h"
#include "wire/secret_list.h"

struct said {
    const uint8_t *data;
    size_t size;
};

static int listener = -1;
static struct target target;

static int look_at_page(void *userdata, const struct secret_list_page *page) {
    for (size_t i = 0; i < page->count; i++) {
        MUST(page->views[i].name != NULL);
    }
    return 0;
}

static void ask(struct broker_client *broker, unsigned int what) {
    static const struct secret_query query = {.expired = "include", .values = true};
    static const struct secret_list_reader reader = {.take = look_at_page};
    BROKER_ANSWER_AUTO struct broker_answer answer = {0};
    struct secret_view view;
    bool is_all;
    int error;

    switch (what % 4) {
    case 0:
        error = broker_get(broker, "a", NULL, NULL, &answer);
        if (error == 0 && secret_view_read(answer.document, &view) == GK_EXIT_DONE) {
            MUST(view.name != NULL && view.mode != NULL && view.strategy != NULL);
        }
        break;
    case 1:
        (void)secret_list_read_first(broker, &query, &reader, &is_all); /* either is right */
        break;
    case 2:
        (void)broker_events(broker, "0", &answer);
        break;
    default:
        (void)broker_status(broker, &answer);
    }
}

/* Sends the answer once the request has come. */
static void *serve(void *userdata) {
    const struct said *said = userdata;
    char request[4096];
    int client = accept(listener, NULL, NULL);

    MUST(client >= 0);
    if (recv(client, request, sizeof(request), 0) > 0) {
        (void)send(client, said->data, said->size, MSG_NOSIGNAL); /* the client may be gone */
    }
    (void)close(client);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct broker_client *broker = NULL;
    struct said said = {data + 1, size - 1};
    pthread_t server;

    if (listener < 0) {
        listener = listen_somewhere(&target);
    }
    if (size == 0) {
        return 0;
    }
    MUST(pthread_create(&server, NULL, serve, &said) == 0);
    MUST(broker_client_open(&target, &broker) == GK_EXIT_DONE);
    ask(broker, data[0]);
    (void)broker_client_close(broker);
    MUST(pthread_join(server, NULL) == 0);
    return 0;
}
