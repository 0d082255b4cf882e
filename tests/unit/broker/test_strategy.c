#include <stdio.h>
#include <stdlib.h>

#include "broker/strategy.h"
#include "support/policy_json.h"
#include "support/test.h"

#define VALUE_MAX_BYTES 1000

struct fixture {
    struct keyring *keyring;
    json_t *json; /* what base and the change being resolved point into */
    json_t *base_json;
    struct buffer storage;
    struct buffer base_storage;
    struct policy base;
    struct problem problem;
};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    *state = fixture;
    return fixture == NULL ? -1 : keyring_new(SPAN_LITERAL("fixture"), &fixture->keyring);
}

static int teardown(void **state) {
    struct fixture *fixture = *state;

    fixture->keyring = keyring_free(fixture->keyring);
    json_decref(fixture->json);
    json_decref(fixture->base_json);
    buffer_deinit(&fixture->storage);
    buffer_deinit(&fixture->base_storage);
    free(fixture);
    return 0;
}

/* What base becomes under the rotation of that JSON text, where ' stands for ". */
static int resolve(struct fixture *fixture, const char *rotation, const struct policy *base,
        struct policy *ret_policy) {
    char *text = strdup(rotation);
    struct policy_change change;

    for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;) {
        *quote = '"';
    }
    json_decref(fixture->json);
    fixture->json = json_loads(text, JSON_DECODE_ANY, NULL);
    free(text);
    assert_non_null(fixture->json);
    fixture->storage.len = 0;
    assert_int_equal(policy_change_from_json(fixture->json, &fixture->storage, &change), 0);
    return policy_resolve(&change, base, VALUE_MAX_BYTES, ret_policy, &fixture->problem);
}

static void set_base(struct fixture *fixture, const char *rotation) {
    json_t *json;
    struct buffer storage;

    assert_int_equal(resolve(fixture, rotation, NULL, &fixture->base), 0);
    json = fixture->base_json;
    fixture->base_json = fixture->json;
    fixture->json = json;
    storage = fixture->base_storage;
    fixture->base_storage = fixture->storage;
    fixture->storage = storage;
}

/* parameter: what the problem is about; NULL: rotation on expiry */
static void assert_refused(
        struct fixture *fixture, const char *rotation, const char *parameter, const char *detail) {
    struct policy policy = {.parameter_count = 77};

    assert_int_equal(resolve(fixture, rotation, NULL, &policy), GK_E_BAD_REQUEST);
    assert_string_equal(fixture->problem.detail, detail);
    assert_int_equal(fixture->problem.field, parameter != NULL ? FIELD_PARAMETER : FIELD_ON_EXPIRY);
    if (parameter != NULL) {
        assert_string_equal(fixture->problem.parameter, parameter);
    }
    assert_int_equal(policy.parameter_count, 77);
}

static void a_new_secret_gets_the_default_policy(void **state) {
    struct fixture *fixture = *state;
    struct policy_change unsaid = {0};
    struct policy policy;

    assert_int_equal(policy_resolve(&unsaid, NULL, VALUE_MAX_BYTES, &policy, &fixture->problem), 0);
    assert_true(span_is(policy.strategy, "token"));
    assert_false(policy.on_expiry);
    assert_int_equal(policy.parameter_count, 0);
    assert_string_equal(strategy_default()->name, "token");
}

static void defaults_are_filled_in(void **state) {
    struct fixture *fixture = *state;
    struct policy policy;

    assert_int_equal(resolve(fixture, "{'strategy':'hex'}", NULL, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 32);
    assert_int_equal(resolve(fixture, "{'strategy':'alphanumeric'}", NULL, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 32);
    assert_int_equal(resolve(fixture, "{'strategy':'base64url'}", NULL, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 43);
    assert_int_equal(policy.parameter_count, 1);
}

static void a_patch_changes_only_what_it_says(void **state) {
    struct fixture *fixture = *state;
    struct policy_change unsaid = {0};
    struct policy policy;

    set_base(fixture, "{'strategy':'hex','length':64,'on_expiry':true}");
    assert_int_equal(resolve(fixture, "{'on_expiry':false}", &fixture->base, &policy), 0);
    assert_true(span_is(policy.strategy, "hex"));
    assert_int_equal(policy.parameters[0].integer, 64);
    assert_false(policy.on_expiry);
    assert_int_equal(resolve(fixture, "{'length':8}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 8);
    assert_true(policy.on_expiry);
    assert_int_equal(resolve(fixture, "{'strategy':'hex'}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 64);
    assert_int_equal(resolve(fixture, "{}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 64);
    assert_int_equal(
            policy_resolve(&unsaid, &fixture->base, VALUE_MAX_BYTES, &policy, &fixture->problem),
            0);
    assert_int_equal(policy.parameters[0].integer, 64);
    assert_true(policy.on_expiry);
}

static void null_in_a_patch_goes_back_to_the_default(void **state) {
    struct fixture *fixture = *state;
    struct policy policy;

    set_base(fixture, "{'strategy':'hex','length':64,'on_expiry':true}");
    assert_int_equal(resolve(fixture, "{'length':null}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 32);
    assert_int_equal(resolve(fixture, "null", &fixture->base, &policy), 0);
    assert_true(span_is(policy.strategy, "token"));
    assert_int_equal(policy.parameter_count, 0);
    assert_false(policy.on_expiry);
    set_base(fixture, "{'strategy':'template','template':'a'}");
    assert_int_equal(
            resolve(fixture, "{'template':null}", &fixture->base, &policy), GK_E_BAD_REQUEST);
    assert_string_equal(
            fixture->problem.detail, "strategy 'template' needs the parameter 'template'");
}

static void a_changed_strategy_starts_from_its_own_defaults(void **state) {
    struct fixture *fixture = *state;
    struct policy policy;

    set_base(fixture, "{'strategy':'hex','length':64,'on_expiry':true}");
    assert_int_equal(resolve(fixture, "{'strategy':'base64url'}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameters[0].integer, 43);
    assert_true(policy.on_expiry);
    assert_int_equal(resolve(fixture, "{'strategy':'uuid'}", &fixture->base, &policy), 0);
    assert_int_equal(policy.parameter_count, 0);
    assert_int_equal(
            resolve(fixture, "{'strategy':'none'}", &fixture->base, &policy), GK_E_BAD_REQUEST);
    assert_int_equal(
            resolve(fixture, "{'strategy':'none','on_expiry':false}", &fixture->base, &policy), 0);
}

static void a_list_is_taken_as_it_is(void **state) {
    struct fixture *fixture = *state;
    struct policy policy;

    assert_int_equal(
            resolve(fixture, "{'strategy':'cycle','values':['a','','c']}", NULL, &policy), 0);
    assert_int_equal(policy.parameters[0].count, 3);
    assert_true(span_is(list_at(&policy.parameters[0], 2), "c"));
    assert_string_equal(strategy_find(policy.strategy)->parameters[0].shown_as, "count");
}

static void refusals_name_the_field(void **state) {
    struct fixture *fixture = *state;

    assert_refused(fixture, "{'strategy':'uuid','length':3}", "length",
            "strategy 'uuid' has no parameter 'length'");
    assert_refused(fixture, "{'length':3}", "length", "strategy 'token' has no parameter 'length'");
    assert_refused(fixture, "{'strategy':'hex','length':1}", "length",
            "the length must be a whole number from 2 to 4096");
    assert_refused(fixture, "{'strategy':'hex','length':4097}", "length",
            "the length must be a whole number from 2 to 4096");
    assert_refused(fixture, "{'strategy':'hex','length':'32'}", "length",
            "the length must be a whole number from 2 to 4096");
    assert_refused(fixture, "{'strategy':'template','template':7}", "template",
            "the template must be a text");
    assert_refused(fixture, "{'strategy':'template'}", "template",
            "strategy 'template' needs the parameter 'template'");
    assert_refused(fixture, "{'strategy':'cycle','values':'ab'}", "values",
            "the values must be a list of texts");
    assert_refused(fixture, "{'strategy':'cycle','values':['a']}", "values",
            "the values must be a list of 2 to 64 texts");
    assert_refused(fixture, "{'strategy':'none','on_expiry':true}", NULL,
            "strategy 'none' makes no values, so the secret cannot rotate on expiry");
}

static void refusing_an_unknown_strategy_names_the_known_ones(void **state) {
    struct fixture *fixture = *state;
    struct policy policy;

    assert_int_equal(resolve(fixture, "{'strategy':'s3cr3t'}", NULL, &policy), GK_E_BAD_REQUEST);
    assert_non_null(
            strstr(fixture->problem.detail, "there is no such strategy; there are token, "));
    assert_int_equal(fixture->problem.field, FIELD_STRATEGY);
    assert_non_null(strstr(fixture->problem.detail, ", none"));
    assert_null(strstr(fixture->problem.detail, "s3cr3t"));
}

static void templates_are_refused_at_their_first_fault(void **state) {
    static const struct {
        const char *template;
        const char *detail;
    } faults[] = {
            {"s3cr3t{hex:4", "at byte 7 of the template is a '{' that is never closed"},
            {"{", "at byte 1 of the template is a '{' that is never closed"},
            {"a}b", "at byte 2 of the template is a '}' that closes no field"},
            {"{{}", "at byte 3 of the template is a '}' that closes no field"},
            {"é{s3cr3t:4}", "at byte 3 of the template is a field of no known kind"},
            {"{}", "at byte 1 of the template is a field of no known kind"},
            {"{hex}", "at byte 1 of the template is a field without its number"},
            {"{hex:}", "at byte 1 of the template is a field whose number"},
            {"{hex:0}", "at byte 1 of the template is a field whose number"},
            {"{hex:4096}{hex:4097}", "at byte 11 of the template is a field whose number"},
            {"{hex:99999999999999999999}", "at byte 1 of the template is a field whose number"},
            {"{hex:-4}", "at byte 1 of the template is a field whose number"},
            {"{hex:04}", "at byte 1 of the template is a field whose number"},
            {"{uuid:4}", "at byte 1 of the template is a field that takes no number"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        char rotation[128];
        struct policy policy;

        (void)snprintf(rotation, sizeof(rotation), "{'strategy':'template','template':'%s'}",
                faults[i].template);
        assert_int_equal(resolve(fixture, rotation, NULL, &policy), GK_E_BAD_REQUEST);
        assert_non_null(strstr(fixture->problem.detail, "of the template is a "));
        assert_int_equal(fixture->problem.field, FIELD_PARAMETER);
        assert_non_null(strstr(fixture->problem.detail, faults[i].detail));
        assert_null(strstr(fixture->problem.detail, "s3cr3t"));
    }
}

/* A rotation whose parameter is a text, or an array of count texts, of len bytes each. */
static void assert_sizes(
        struct fixture *fixture, const char *head, size_t count, size_t len, const char *detail) {
    BUFFER_AUTO struct buffer rotation = BUFFER_NULL;
    struct policy policy;

    buffer_append_text(&rotation, head);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&rotation, i == 0 ? "'" : ",'");
        memset(buffer_reserve(&rotation, len), 'x', len);
        buffer_commit(&rotation, len);
        buffer_append_text(&rotation, "'");
    }
    buffer_append_text(&rotation, strchr(head, '[') != NULL ? "]}" : "}");
    buffer_append_byte(&rotation, '\0');
    if (detail == NULL) {
        assert_int_equal(resolve(fixture, rotation.data, NULL, &policy), 0);
    } else {
        assert_refused(
                fixture, rotation.data, strchr(head, '[') != NULL ? "values" : "template", detail);
    }
}

static void policies_cannot_grow_without_limit(void **state) {
    struct fixture *fixture = *state;
    const char *list = "{'strategy':'cycle','values':[";
    const char *template = "{'strategy':'template','template':";

    assert_sizes(fixture, list, 64, 15, NULL);
    assert_sizes(fixture, list, 65, 1, "the values must be a list of 2 to 64 texts");
    assert_sizes(fixture, list, 2, VALUE_MAX_BYTES / 2, NULL);
    assert_sizes(fixture, list, 2, VALUE_MAX_BYTES / 2 + 1,
            "the values have 1002 bytes in all; at most 1000 are accepted (--max-value)");
    assert_sizes(fixture, template, 1, 65536, NULL);
    assert_sizes(fixture, template, 1, 65537,
            "the template has 65537 bytes; at most 65536 are accepted");
}

/* Each test with a fixture of its own. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_new_secret_gets_the_default_policy),
            TEST(defaults_are_filled_in),
            TEST(a_patch_changes_only_what_it_says),
            TEST(null_in_a_patch_goes_back_to_the_default),
            TEST(a_changed_strategy_starts_from_its_own_defaults),
            TEST(a_list_is_taken_as_it_is),
            TEST(refusals_name_the_field),
            TEST(refusing_an_unknown_strategy_names_the_known_ones),
            TEST(templates_are_refused_at_their_first_fault),
            TEST(policies_cannot_grow_without_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
