#include "api/aws/api.h"
#include "api/ghostkey/api.h"
#include "api/vault/api.h"
#include "common/fault_words.h"
#include "ghostkey/protocol.h"
#include "http/api.h"
#include "http/call.h"
#include "http/metrics.h"
#include "model/fault.h"
#include "model/mount.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static void the_last_api_claims_every_request(void **state) {
    const struct request request = {.path = SPAN_LITERAL("*")};
    const struct api_request asked = {.request = &request};

    assert_true(api_count > 0);
    assert_true(apis[api_count - 1]->claims(&asked));
}

static void each_operation_has_a_number_of_its_own(void **state) {
    size_t number = 0;

    for (size_t at = 0; at < api_count; at++) {
        for (size_t i = 0; i < apis[at]->operation_count; i++) {
            assert_int_equal(api_operation_number(&apis[at]->operations[i]), number);
            number += 1;
        }
    }
    assert_true(number < METRICS_OPERATIONS_MAX);
}

/* Else the metrics would have two rows of one name. */
static void operations_of_one_label_stand_together(void **state) {
    for (size_t at = 0; at < api_count; at++) {
        const struct operation *operations = apis[at]->operations;

        for (size_t i = 1; i < apis[at]->operation_count; i++) {
            bool is_new = strcmp(operations[i].label, operations[i - 1].label) != 0;

            for (size_t before = 0; is_new && before < i; before++) {
                assert_string_not_equal(operations[i].label, operations[before].label);
            }
        }
    }
}

/* Else ghostctl would refuse a word that the daemon knows, or offer one that it does not know. */
static void the_words_of_fault_rules_are_those_of_the_tables(void **state) {
    for (size_t at = 0; fault_words_operations[at] != NULL; at++) {
        assert_true(api_has_operation(span_of(fault_words_operations[at])));
    }
    for (size_t at = 0; fault_words_apis[at] != NULL; at++) {
        assert_true(api_is_known(span_of(fault_words_apis[at])));
    }
    for (size_t at = 0; at < api_count; at++) {
        assert_int_equal(api_is_known(span_of(apis[at]->name)),
                fault_words_have(fault_words_apis, apis[at]->name));
        for (size_t i = 0; i < apis[at]->operation_count; i++) {
            const struct operation *operation = &apis[at]->operations[i];

            if (operation->name != NULL) {
                assert_true(fault_words_have(fault_words_operations, operation->name));
                assert_true(operation->class == CLASS_NONE ||
                            fault_words_have(fault_words_operations,
                                    operation_class_text(operation->class)));
            }
        }
    }
    for (size_t at = 0; at < FAULT_ERROR_COUNT; at++) {
        assert_string_equal(fault_words_errors[at], fault_error_text((enum fault_error)at));
    }
    assert_null(fault_words_errors[FAULT_ERROR_COUNT]);
}

/* Else a mount could hide a path of GhostKey's own API. */
static void nothing_is_mounted_over_a_route(void **state) {
    for (size_t at = 0; at < ghostkey_api.operation_count; at++) {
        struct span rest = span_of(ghostkey_api.operations[at].label);
        const struct span prefix = SPAN_LITERAL("/v1/");

        if (span_starts_with(rest, prefix)) {
            rest = (struct span){rest.data + prefix.len, rest.len - prefix.len};
            assert_string_equal(
                    mount_fault(span_take_until(&rest, '/')), "is a path of GhostKey's own API");
        }
    }
}

static struct span token_of(const char *first, const char *second) {
    const struct header headers[] = {
            {SPAN_LITERAL("authorization"), span_of(first)},
            {SPAN_LITERAL("authorization"), second != NULL ? span_of(second) : SPAN_NULL},
    };
    const struct request request = {.headers = headers, .header_count = second != NULL ? 2 : 1};

    /* The token is a part of `first`. */
    /* cppcheck-suppress returnDanglingLifetime */
    return request_bearer(&request);
}

static void a_token_stands_in_one_header(void **state) {
    const struct request none = {.header_count = 0};
    static const char *const others[] = {
            "Bearer", "Bearer ", "Bearers3cr3t", "Basic s3cr3t", "s3cr3t", ""};

    assert_true(span_is(token_of("Bearer s3cr3t", NULL), "s3cr3t"));
    assert_true(span_is(token_of("bearer s3cr3t", NULL), "s3cr3t"));
    assert_true(span_is(token_of("BEARER   s3cr3t", NULL), "s3cr3t"));
    assert_null(token_of("Bearer s3cr3t", "Bearer s3cr3t").data);
    assert_null(request_bearer(&none).data);
    for (size_t at = 0; at < sizeof(others) / sizeof(others[0]); at++) {
        assert_null(token_of(others[at], NULL).data);
    }
}

static void each_request_is_for_one_api(void **state) {
    static const struct {
        const char *method;
        const char *path;
        const char *header;
        const struct api *api;
    } cases[] = {
            {"GET", "/v1/secrets/a", NULL, &ghostkey_api},
            {"GET", "/v1/secrets", "accept", &ghostkey_api},
            {"GET", "/v1/secrets/a", "X-Vault-Token", &vault_api},
            {"GET", "/v1/secrets/a", "x-vault-request", &vault_api},
            {"GET", "/v1/secrets/a", "x-vault-namespace", &ghostkey_api},
            {"GET", "/v1/secrets/a", "X-Aws-Parameters-Secrets-Token", &aws_api},
            {"GET", "/v1/secret/data/a", "x-aws-parameters-secrets-token", &aws_api},
            {"GET", "/v1/secret/data/a", NULL, &vault_api},
            {"GET", "/v1/secret", NULL, &vault_api},
            {"GET", "/v1/%73ecret/data/a", NULL, &vault_api},
            {"GET", "/v1/secretx/data/a", NULL, &ghostkey_api},
            {"GET", "/v1/sys/health", NULL, &vault_api},
            {"POST", "/v1/auth/x/login", NULL, &vault_api},
            {"GET", "/secretsmanager/get", NULL, &aws_api},
            {"POST", "/", "x-amz-target", &aws_api},
            {"POST", "/", NULL, &ghostkey_api},
            {"GET", "/", "x-amz-target", &ghostkey_api},
            {"POST", "/v1/secrets/a", "x-amz-target", &ghostkey_api},
            {"GET", "/metrics", NULL, &ghostkey_api},
    };
    const struct fixture *fixture = *state;
    const struct api_context context = {
            .broker = fixture->broker, .vault_mount = SPAN_LITERAL("secret/")};

    for (size_t at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
        const char *name = cases[at].header != NULL ? cases[at].header : "x";
        const struct header headers[] = {
                {SPAN_LITERAL("x-"), SPAN_LITERAL("")}, {span_of(name), SPAN_LITERAL("text")}};
        const struct request request = {.method = span_of(cases[at].method),
                .path = span_of(cases[at].path),
                .headers = headers,
                .header_count = 2};
        const struct api_request asked = {.request = &request, .context = &context};

        assert_string_equal(api_of(&asked)->name, cases[at].api->name);
    }
}

/* Answers a request whose body was too large, or that may not be answered. */
static int answer(
        struct fixture *fixture, struct call *call, const char *method, const char *target) {
    call->request.method = span_of(method);
    request_set_target(&call->request, span_of(target));
    call->broker = fixture->broker;
    call->api = &ghostkey_api;
    call_answer(call);
    return call->answer.status;
}

static void faults_of_the_head_are_reported_before_a_limit(void **state) {
    static const struct {
        const char *method;
        const char *target;
        int status;
    } cases[] = {
            {"PUT", "/v1/secrets/a", 413},
            {"PUT", "/v1/nowhere", 404},
            {"POST", "/v1/secrets/a", 405},
            {"PUT", "/v1/secrets/", 400},
            {"PUT", "/v1/secrets/a?b=c", 400},
    };

    for (size_t at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
        struct call call = {.limit = GK_E_TOO_LARGE};

        assert_int_equal(
                answer(*state, &call, cases[at].method, cases[at].target), cases[at].status);
        assert_string_equal(call.answer.media, GK_MEDIA_PROBLEM);
        answer_clear(&call.answer);
    }
}

static void a_refused_client_learns_nothing_else(void **state) {
    struct call call = {.denied = GK_E_UNAUTHORIZED};

    assert_int_equal(answer(*state, &call, "PUT", "/v1/nowhere"), 401);
    assert_string_equal(call.answer.challenge, "Bearer");
    assert_null(call.operation);
    answer_clear(&call.answer);
}

static void the_methods_of_a_path_are_named(void **state) {
    struct call call = {.limit = 0};

    assert_int_equal(answer(*state, &call, "POST", "/v1/secrets/a"), 405);
    assert_string_equal(call.answer.allow, "GET, HEAD, PUT, PATCH, DELETE");
    assert_string_equal(call.operation->label, "/v1/secrets/{name}");
    answer_clear(&call.answer);
    call = (struct call){.limit = 0};
    assert_int_equal(answer(*state, &call, "PATCH", "/v1/clock"), 405);
    assert_string_equal(call.answer.allow, "GET, HEAD, PUT");
    answer_clear(&call.answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(the_last_api_claims_every_request),
            cmocka_unit_test(each_operation_has_a_number_of_its_own),
            cmocka_unit_test(operations_of_one_label_stand_together),
            cmocka_unit_test(the_words_of_fault_rules_are_those_of_the_tables),
            cmocka_unit_test(nothing_is_mounted_over_a_route),
            cmocka_unit_test(each_request_is_for_one_api),
            cmocka_unit_test(a_token_stands_in_one_header),
            cmocka_unit_test(faults_of_the_head_are_reported_before_a_limit),
            cmocka_unit_test(a_refused_client_learns_nothing_else),
            cmocka_unit_test(the_methods_of_a_path_are_named),
    };

    return cmocka_run_group_tests_name("api", tests, fixture_setup, fixture_teardown);
}
