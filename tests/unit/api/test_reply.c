/*
 * Answers, byte for byte as the contract's section 3 writes them.
 */
#include <errno.h>
#include <stdio.h>

#include "api/ghostkey/reply.h"
#include "model/labels.h"
#include "support/test.h"

#define NOW (INSTANT_VIRTUAL_DEFAULT + 60000)

struct fixture {
    struct buffer buffer;
    struct buffer labels;
    struct secret secret;
};

static int setup(void **state) {
    static struct fixture fixture;
    struct label labels[] = {
            {SPAN_LITERAL("team"), SPAN_LITERAL("core")},
            {SPAN_LITERAL("app"), SPAN_LITERAL("a\"b")},
    };

    fixture = (struct fixture){0};
    labels_sort(labels, 2);
    (void)labels_patch(SPAN_NULL, labels, 2, &fixture.labels);
    fixture.secret = (struct secret){
            .name = SPAN_LITERAL("db_pass"),
            .current.value = SPAN_LITERAL("s3cr3t"),
            .current.number = 2,
            .revision = 3,
            .created_at = INSTANT_VIRTUAL_DEFAULT,
            .updated_at = INSTANT_VIRTUAL_DEFAULT + 1,
            .current.made_at = INSTANT_VIRTUAL_DEFAULT + 1,
            .in_force_at = INSTANT_VIRTUAL_DEFAULT + 1,
            .ttl_s = 900,
            .policy =
                    {
                            .strategy = SPAN_LITERAL("hex"),
                            .on_expiry = true,
                            .parameter_count = 1,
                            .parameters = {{.type = PARAMETER_INTEGER, .integer = 32}},
                    },
            .labels = buffer_span(&fixture.labels),
    };
    *state = &fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;

    buffer_deinit(&fixture->buffer);
    buffer_deinit(&fixture->labels);
    return 0;
}

static void assert_said(const struct fixture *fixture, const char *wanted) {
    struct span said = buffer_span(&fixture->buffer);

    assert_int_equal(buffer_finish(&fixture->buffer), 0);
    if (!span_is(said, wanted)) {
        fail_msg("said:   %.*s\nwanted: %s", SPAN_ARGS(said), wanted);
    }
}

#define METADATA \
    "\"metadata\":{\"version\":2,\"revision\":3,\"mode\":\"ttl\",\"ttl\":900," \
    "\"created_at\":\"2000-01-01T00:00:00.000Z\",\"updated_at\":\"2000-01-01T00:00:00.001Z\"," \
    "\"expires_at\":\"2000-01-01T00:15:00.001Z\",\"rotation\":{\"strategy\":\"hex\"," \
    "\"length\":32,\"on_expiry\":true},\"env\":\"DB_PASS\"," \
    "\"labels\":{\"app\":\"a\\\"b\",\"team\":\"core\"}"

static void secret_is_shown_with_its_value(void **state) {
    struct fixture *fixture = *state;

    reply_secret(&fixture->buffer, &fixture->secret, NOW, true);
    assert_said(
            fixture, "{\"name\":\"db_pass\",\"value\":\"s3cr3t\",\"expired\":false," METADATA "}}");
}

static void secret_is_shown_without_its_value(void **state) {
    struct fixture *fixture = *state;

    reply_secret(&fixture->buffer, &fixture->secret, NOW, false);
    assert_said(fixture, "{\"name\":\"db_pass\",\"expired\":false," METADATA "}}");
}

static void secret_is_expired_from_its_instant_on(void **state) {
    struct fixture *fixture = *state;
    instant end = secret_expires_at(&fixture->secret);

    reply_secret(&fixture->buffer, &fixture->secret, end - 1, false);
    buffer_append_byte(&fixture->buffer, '\n');
    reply_secret(&fixture->buffer, &fixture->secret, end, false);
    assert_said(fixture, "{\"name\":\"db_pass\",\"expired\":false," METADATA "}}\n"
                         "{\"name\":\"db_pass\",\"expired\":true," METADATA "}}");
}

static void secret_that_is_static_binary_and_bare(void **state) {
    struct fixture *fixture = *state;
    struct secret *secret = &fixture->secret;

    secret->current.value = (struct span){"\0\xff\x10\x80", 4};
    secret->current.binary = true;
    secret->ttl_s = 0;
    secret->policy = (struct policy){.strategy = SPAN_LITERAL("token")};
    secret->env_source = ENV_OFF;
    secret->labels = SPAN_NULL;
    reply_secret(&fixture->buffer, secret, NOW, true);
    assert_said(fixture,
            "{\"name\":\"db_pass\",\"value_base64\":\"AP8QgA==\",\"expired\":false,\"metadata\":"
            "{\"version\":2,\"revision\":3,\"mode\":\"static\",\"ttl\":null,"
            "\"created_at\":\"2000-01-01T00:00:00.000Z\","
            "\"updated_at\":\"2000-01-01T00:00:00.001Z\",\"expires_at\":null,"
            "\"rotation\":{\"strategy\":\"token\",\"on_expiry\":false},\"env\":false,"
            "\"labels\":{}}}");
}

static void rotation_shows_the_count_of_a_list(void **state) {
    struct fixture *fixture = *state;

    fixture->secret.policy = (struct policy){
            .strategy = SPAN_LITERAL("cycle"),
            .parameter_count = 1,
            .parameters = {{.type = PARAMETER_LIST, .text = SPAN_LITERAL("hidden"), .count = 2}},
    };
    reply_secret(&fixture->buffer, &fixture->secret, NOW, false);
    buffer_append_byte(&fixture->buffer, '\0');
    assert_non_null(strstr(fixture->buffer.data,
            "\"rotation\":{\"strategy\":\"cycle\",\"count\":2,\"on_expiry\":false}"));
    assert_null(strstr(fixture->buffer.data, "hidden"));
}

static void rotation_shows_a_text(void **state) {
    struct fixture *fixture = *state;

    fixture->secret.policy = (struct policy){
            .strategy = SPAN_LITERAL("template"),
            .parameter_count = 1,
            .parameters = {{.type = PARAMETER_TEXT, .text = SPAN_LITERAL("{hex:8}\"")}},
    };
    reply_secret(&fixture->buffer, &fixture->secret, NOW, false);
    buffer_append_byte(&fixture->buffer, '\0');
    assert_non_null(strstr(fixture->buffer.data,
            "\"rotation\":{\"strategy\":\"template\",\"template\":\"{hex:8}\\\"\",\"on_expiry\""));
}

static void metadata_lists_its_versions(void **state) {
    struct fixture *fixture = *state;
    struct version first = {.number = 1, .made_at = INSTANT_VIRTUAL_DEFAULT, .cause = CAUSE_PUT};
    struct version second = {.number = 2, .made_at = NOW, .cause = CAUSE_EXPIRY};

    fixture->secret.previous = 1;
    reply_metadata_begin(&fixture->buffer, &fixture->secret, NOW);
    reply_version_begin(&fixture->buffer, &first, true);
    buffer_append_text(&fixture->buffer, "\"ID\"");
    reply_version_end(&fixture->buffer, &first, &fixture->secret);
    reply_version_begin(&fixture->buffer, &second, false);
    buffer_append_text(&fixture->buffer, "\"\"");
    reply_version_end(&fixture->buffer, &second, &fixture->secret);
    reply_metadata_end(&fixture->buffer);
    assert_said(fixture, "{\"name\":\"db_pass\",\"expired\":false," METADATA ",\"versions\":["
                         "{\"version\":1,\"id\":\"ID\",\"created_at\":\"2000-01-01T00:00:00.000Z\","
                         "\"cause\":\"put\","
                         "\"state\":\"live\",\"stages\":[\"previous\"]},"
                         "{\"version\":2,\"id\":\"\",\"created_at\":\"2000-01-01T00:01:00.000Z\","
                         "\"cause\":\"expiry\","
                         "\"state\":\"live\",\"stages\":[\"current\"]}]}}");
}

static void event_is_written(void **state) {
    struct fixture *fixture = *state;
    struct event event = {
            .seq = 7,
            .at = NOW,
            .kind = EVENT_ROTATED,
            .cause = CAUSE_EXPIRY,
            .name = SPAN_LITERAL("db_pass"),
            .version = 3,
    };

    reply_event(&fixture->buffer, &event);
    event.kind = EVENT_FAILED;
    event.reason = SPAN_LITERAL("too \"large\"");
    reply_event(&fixture->buffer, &event);
    assert_said(fixture, "{\"seq\":7,\"at\":\"2000-01-01T00:01:00.000Z\",\"event\":\"rotated\","
                         "\"name\":\"db_pass\",\"version\":3,\"cause\":\"expiry\"}"
                         "{\"seq\":7,\"at\":\"2000-01-01T00:01:00.000Z\",\"event\":\"failed\","
                         "\"name\":\"db_pass\",\"version\":3,\"cause\":\"expiry\","
                         "\"reason\":\"too \\\"large\\\"\"}");
}

static void problem_shows_its_detail(void **state) {
    struct fixture *fixture = *state;
    struct problem problem = PROBLEM_NULL;

    (void)problem_set(&problem, 0, "no secret named '%s'", "db_pass");
    reply_problem(&fixture->buffer, GK_E_NO_SECRET, &problem);
    assert_said(fixture, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
                         "\"detail\":\"no secret named 'db_pass'\"}");
}

static void a_field_is_called_by_the_name_it_has_here(void **state) {
    static const struct {
        enum problem_field field;
        const char *parameter;
        const char *shown;
    } rows[] = {
            {FIELD_GENERATE, NULL, "member 'generate': no"},
            {FIELD_LABELS, NULL, "member 'labels': no"},
            {FIELD_STRATEGY, NULL, "member 'rotation.strategy': no"},
            {FIELD_PARAMETER, "length", "member 'rotation.length': no"},
            {FIELD_ON_EXPIRY, NULL, "member 'rotation.on_expiry': no"},
            {FIELD_EXPECTED, NULL, "header 'If-Match': no"},
            {FIELD_UNEXPECTED, NULL, "header 'If-None-Match': no"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem problem = PROBLEM_NULL;
        char wanted[256];

        if (rows[i].parameter != NULL) {
            (void)problem_set_parameter(&problem, rows[i].parameter, "no");
        } else {
            (void)problem_set_field(&problem, GK_E_BAD_REQUEST, rows[i].field, "no");
        }
        buffer_deinit(&fixture->buffer);
        reply_problem(&fixture->buffer, GK_E_BAD_REQUEST, &problem);
        (void)snprintf(wanted, sizeof(wanted),
                "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                "\"detail\":\"%s\"}",
                rows[i].shown);
        assert_said(fixture, wanted);
    }
}

static void problem_without_detail_shows_the_sentence(void **state) {
    struct fixture *fixture = *state;
    struct problem problem = PROBLEM_NULL;

    reply_problem(&fixture->buffer, GK_E_MEDIA_TYPE, &problem);
    assert_said(fixture, "{\"type\":\"about:blank\",\"title\":\"Unsupported Media Type\","
                         "\"status\":415,\"detail\":\"the body must be JSON\"}");
}

static void problem_of_an_errno_is_a_bare_500(void **state) {
    struct fixture *fixture = *state;
    struct problem problem = PROBLEM_NULL;

    (void)problem_set(&problem, 0, "inner matters");
    reply_problem(&fixture->buffer, -ENOSPC, &problem);
    assert_said(fixture, "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\","
                         "\"status\":500,\"detail\":\"the daemon could not do it; its log says "
                         "why\"}");
}

static void instant_at_the_end_of_time_is_null(void **state) {
    struct fixture *fixture = *state;

    reply_instant(&fixture->buffer, INT64_MAX);
    reply_instant(&fixture->buffer, INSTANT_VIRTUAL_DEFAULT);
    assert_said(fixture, "null\"2000-01-01T00:00:00.000Z\"");
}

static void broken_buffer_stays_broken(void **state) {
    struct fixture *fixture = *state;

    fixture->buffer.broken = true;
    reply_secret(&fixture->buffer, &fixture->secret, NOW, true);
    fixture->secret.current.binary = true;
    reply_secret(&fixture->buffer, &fixture->secret, NOW, true);
    assert_int_equal(buffer_finish(&fixture->buffer), -ENOMEM);
    assert_int_equal(fixture->buffer.len, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
            TEST(secret_is_shown_with_its_value),
            TEST(secret_is_shown_without_its_value),
            TEST(secret_is_expired_from_its_instant_on),
            TEST(secret_that_is_static_binary_and_bare),
            TEST(rotation_shows_the_count_of_a_list),
            TEST(rotation_shows_a_text),
            TEST(metadata_lists_its_versions),
            TEST(event_is_written),
            TEST(problem_shows_its_detail),
            TEST(a_field_is_called_by_the_name_it_has_here),
            TEST(problem_without_detail_shows_the_sentence),
            TEST(problem_of_an_errno_is_a_bare_500),
            TEST(instant_at_the_end_of_time_is_null),
            TEST(broken_buffer_stays_broken),
    };

    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
