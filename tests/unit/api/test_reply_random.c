/*
 * Seeded random documents, full of nasty text: jansson reads what reply wrote, and what it then
 * writes itself is the same, byte for byte.
 */
#include <jansson.h>
#include <stdlib.h>

#include "api/ghostkey/reply.h"
#include "model/labels.h"
#include "support/test.h"

#define ROUNDS 3000
#define TEXT_MAX_BYTES 300

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_number(uint64_t below) {
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % below;
}

/* Any UTF-8 without NUL, with many of the bytes that are escaped. */
static struct span random_text(char place[TEXT_MAX_BYTES], size_t max) {
    static const char *const pieces[] = {"\"", "\\", "/", "\b", "\f", "\n", "\r", "\t", "\x01",
            "\x1f", "\x7f", "\xc2\x80", "\xe2\x82\xac", "\xf0\x9f\x94\x91", "\xe2\x80\xa8", "a",
            "ghost", "01234567", "'", "<>&", "\\u0000"};
    size_t target = random_number(max + 1);
    size_t len = 0;

    for (;;) {
        const char *piece = pieces[random_number(sizeof(pieces) / sizeof(pieces[0]))];

        if (len + strlen(piece) > target) {
            return (struct span){place, len};
        }
        memcpy(place + len, piece, strlen(piece));
        len += strlen(piece);
    }
}

static void random_labels(struct buffer *buffer) {
    char places[8][2][TEXT_MAX_BYTES];
    struct label labels[8];
    size_t count = random_number(8);

    for (size_t i = 0; i < count; i++) {
        labels[i].name = random_text(places[i][0], GK_LABEL_NAME_MAX_BYTES - 1);
        labels[i].value = random_text(places[i][1], GK_LABEL_NAME_MAX_BYTES);
        /* names are distinct */
        places[i][0][labels[i].name.len++] = (char)('a' + i);
    }
    labels_sort(labels, count);
    (void)labels_patch(SPAN_NULL, labels, count, buffer);
}

static struct policy random_policy(char place[TEXT_MAX_BYTES]) {
    switch (random_number(4)) {
    case 0:
        return (struct policy){.strategy = SPAN_LITERAL("token")};
    case 1:
        return (struct policy){
                .strategy = SPAN_LITERAL("base64url"),
                .parameter_count = 1,
                .parameters = {{.type = PARAMETER_INTEGER,
                        .integer = (int64_t)random_number(5000) - 10}},
        };
    case 2:
        return (struct policy){
                .strategy = SPAN_LITERAL("template"),
                .on_expiry = true,
                .parameter_count = 1,
                .parameters = {{.type = PARAMETER_TEXT,
                        .text = random_text(place, TEXT_MAX_BYTES)}},
        };
    default:
        return (struct policy){
                .strategy = SPAN_LITERAL("cycle"),
                .parameter_count = 1,
                .parameters = {{.type = PARAMETER_LIST, .count = (uint32_t)random_number(65)}},
        };
    }
}

static void assert_as_jansson(const struct buffer *buffer) {
    json_t *root = json_loadb(buffer->data, buffer->len, JSON_REJECT_DUPLICATES, NULL);
    char *dumped = json_dumps(root, JSON_COMPACT);

    assert_int_equal(buffer_finish(buffer), 0);
    assert_non_null(root);
    assert_non_null(dumped);
    if (!span_is(buffer_span(buffer), dumped)) {
        fail_msg("reply:   %.*s\njansson: %s", SPAN_ARGS(buffer_span(buffer)), dumped);
    }
    free(dumped);
    json_decref(root);
}

static void secrets_are_written_as_jansson_would(void **state) {
    char places[3][TEXT_MAX_BYTES];

    for (random_state = 0; random_state < ROUNDS; random_state++) {
        uint64_t round = random_state;
        BUFFER_AUTO struct buffer buffer = BUFFER_NULL;
        BUFFER_AUTO struct buffer labels = BUFFER_NULL;
        struct secret secret = {
                .name = SPAN_LITERAL("app/db-pass"),
                .current.value = random_text(places[0], TEXT_MAX_BYTES),
                .current.binary = random_number(2) == 0,
                .current.number = random_number(INT64_MAX),
                .revision = random_number(1000),
                .created_at = (instant)random_number((uint64_t)INSTANT_CEILING),
                .current.made_at = (instant)random_number((uint64_t)INSTANT_CEILING),
                .in_force_at = 0,
                .ttl_s = (uint32_t)(random_number(2) * random_number(GK_TTL_MAX_S)),
                .policy = random_policy(places[1]),
                .env_source = (enum env_source)random_number(3),
                .env = SPAN_LITERAL("DB_PASS"),
        };

        random_labels(&labels);
        secret.labels = buffer_span(&labels);
        reply_secret(&buffer, &secret, (instant)random_number((uint64_t)INSTANT_CEILING),
                random_number(2) == 0);
        assert_as_jansson(&buffer);
        random_state = round;
    }
}

static void events_and_problems_are_written_as_jansson_would(void **state) {
    char places[2][TEXT_MAX_BYTES];

    for (random_state = 0; random_state < ROUNDS; random_state++) {
        uint64_t round = random_state;
        BUFFER_AUTO struct buffer event_buffer = BUFFER_NULL;
        BUFFER_AUTO struct buffer problem_buffer = BUFFER_NULL;
        struct problem problem = PROBLEM_NULL;
        struct event event = {
                .seq = random_number(INT64_MAX),
                .at = (instant)random_number((uint64_t)INSTANT_CEILING),
                .kind = (enum event_kind)random_number(EVENT_FAILED + 1),
                .cause = (enum cause)random_number(CAUSE_CLEANUP + 1),
                .name = random_text(places[0], TEXT_MAX_BYTES),
                .version = random_number(1000),
                .reason = random_text(places[1], TEXT_MAX_BYTES),
        };

        reply_event(&event_buffer, &event);
        assert_as_jansson(&event_buffer);
        (void)problem_set(&problem, 0, "%.*s", SPAN_ARGS(event.reason));
        reply_problem(&problem_buffer, GK_E_BAD_REQUEST, &problem);
        assert_as_jansson(&problem_buffer);
        random_state = round;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(secrets_are_written_as_jansson_would),
            cmocka_unit_test(events_and_problems_are_written_as_jansson_would),
    };

    return cmocka_run_group_tests_name("reply_random", tests, NULL, NULL);
}
